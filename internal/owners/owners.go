// Package owners decides whose a file is: whether somebody besides the caller and
// root could have written it, or can exchange it. It looks at nothing itself; package
// host gives the Trail of a file. The rules are those of git's safe.directory and of
// OpenSSH's StrictModes, which knows a user's private group too where Debian builds it.
package owners

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"ctenv/internal/shellquote"
)

// Trail is a file and the way to it, from "/" on: every directory, every symlink with the
// way to what it leads to, at last the file.
type Trail []Step

// Step is one file, directory or symlink.
type Step struct {
	Path      string // absolute
	UID       int
	Directory bool
	Sticky    bool // of a directory: nobody renames or removes what another owns in it
	Link      bool // a symlink
	// Writers says who else than the owner may write to it, as a message has it:
	// "everybody", "the group dev", "" for nobody. A symlink has none.
	Writers string
}

// Mine says who counts as the caller.
type Mine struct {
	UIDs []int // the caller's, and of who called sudo
	// Safe are directories whose files the caller has vouched for; "*" is every one.
	Safe []string
}

// stranger is what makes a file another's.
type stranger struct {
	Step Step
	File string // which the Step is, or is on the way to
	Why  string // "belongs to another user, uid 4242", …
}

// Judge gives what is wrong with a trail, nil where nothing is.
func (t Trail) Judge(mine Mine) *stranger {
	if len(t) == 0 {
		return nil
	}
	file := t[len(t)-1].Path
	for _, s := range t {
		why := s.wrong(mine.UIDs)
		if why != "" && !mine.vouches(s.Path) {
			return &stranger{Step: s, File: file, Why: why}
		}
	}
	return nil
}

func (s Step) wrong(mine []int) string {
	switch {
	case s.UID != 0 && !slices.Contains(mine, s.UID):
		return fmt.Sprintf("belongs to another user, uid %d", s.UID)
	// What is in a sticky directory is its owner's, who is asked about next.
	case s.Writers != "" && !(s.Directory && s.Sticky):
		return "can be written by " + s.Writers
	}
	return ""
}

// vouches covers what is in a safe directory and, since who names it knows where it is,
// the directories above.
func (m Mine) vouches(p string) bool {
	return slices.ContainsFunc(m.Safe, func(safe string) bool {
		return safe == "*" || inside(safe, p) || inside(p, safe)
	})
}

func inside(dir, p string) bool {
	return p == dir || strings.HasPrefix(p, strings.TrimSuffix(dir, "/")+"/")
}

// The names of the ways out.
const (
	Key      = "safe_directories"
	Variable = "CTENV_SAFE_DIRECTORIES"
)

// Error is the message about what, a file as written.
func (s *stranger) Error(what string) string {
	if s.Step.Path == what {
		return fmt.Sprintf("%q %s", what, s.Why)
	}
	return fmt.Sprintf("%q is not used: %q %s", what, s.Step.Path, s.Why)
}

// Hint is the way out.
func (s *stranger) Hint(what string) string {
	return fmt.Sprintf("who can write there decides what runs as you; if that is right: %s = [%q] in ~/.ctenv.toml, or %s=%s",
		Key, path.Dir(what), Variable, shellquote.Word(path.Dir(what)))
}
