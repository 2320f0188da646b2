package grants

import (
	"crypto/sha256"
	"fmt"

	"ctenv/internal/expand"
	"ctenv/internal/look"
)

// optionGrants judges one option of run_args by its rule.
func optionGrants(o expand.Option) []Grant {
	rule, ok := optionRules[o.Name]
	switch {
	case ok && rule.class == harmless:
		return nil
	case ok && rule.judge != nil && !rule.judge(o.Arg):
		return nil
	}
	kind := "option"
	switch of := o.MountType(); {
	case of == "bind":
		kind = "path"
	case of == "volume", of == "cluster":
		kind = "volume"
	case ok && rule.kind != "":
		kind = rule.kind
	}
	return []Grant{{Kind: kind, Value: o.Shown, Pos: o.Pos}}
}

// whichProfile says of a seccomp profile which one it is. In the project a later commit, or a
// process of the container, can put another under its name; elsewhere only a link can lead to
// another.
func (d judge) whichProfile(o expand.Option, seen look.Seen) string {
	file := o.Profile()
	there := seen.Paths[file]
	read, ok := seen.Files[file]
	switch {
	case file == "":
	case ok && read.Err == nil && d.OwnFile(there):
		// Long enough that nobody finds two files with one hash.
		sum := sha256.Sum256(read.Data)
		return fmt.Sprintf(" (now %x)", sum[:16])
	case there.Exists && there.Real != file:
		return " (" + there.Real + ")"
	}
	return ""
}
