//go:build linux

package setup

import (
	"strings"

	"golang.org/x/sys/unix"

	"ctenv/internal/wire"
)

// rootUmask is for what ctenv-init makes itself, whatever the engine's is: the
// user has to get at it.
const rootUmask = 0o022

// startUmask takes ctenv-init's own mask, and notes the user's.
func (in *Init) startUmask() (err error) {
	unix.Umask(rootUmask)
	in.umask, err = wire.ParseUmask(in.req.Umask)
	return err
}

// postStartUmask is what the post-start commands begin with: the user's, less the
// bits that would keep from the user what root makes. A rootless docker's root is
// the user.
func (in *Init) postStartUmask() int {
	if in.req.User.UID == 0 {
		return in.umask
	}
	return in.umask &^ 0o555
}

// keepUmask notes the mask that shell text ended with. Where the text has set it, it is the
// command's too, as an exported variable would be.
func (in *Init) keepUmask(texts []wire.Text, began, ended int) {
	if began != ended || setsUmask(texts) {
		in.umask, in.textUmask = ended, true
	}
}

// setsUmask says that a text sets a mask, which may be the one that it began with: that is as
// the caller has it, and another caller's command may join.
func setsUmask(texts []wire.Text) bool {
	for _, text := range texts {
		for _, rest := range strings.Split(string(text), "umask")[1:] {
			arg := strings.TrimLeft(rest, " \t")
			if arg != rest && arg != "" && strings.ContainsRune(`01234567ugoa"'$`, rune(arg[0])) {
				return true
			}
		}
	}
	return false
}

// withUmask calls do with another mask. Threads share it, so nothing else makes
// files meanwhile.
func withUmask(mask int, do func() error) error {
	own := unix.Umask(mask)
	defer unix.Umask(own)
	return do()
}
