//go:build linux

package setup

import (
	"golang.org/x/sys/unix"

	"ctenv/internal/shellcall"
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
// command's too, as an exported variable would be. The shell says so where that is the mask
// that it began with: in a subshell, a string or a comment none is set.
func (in *Init) keepUmask(began int, ended *shellcall.State) {
	if ended.Umask != began || ended.UmaskSet {
		in.umask, in.textUmask = ended.Umask, true
	}
}

// withUmask calls do with another mask. Threads share it, so nothing else makes
// files meanwhile.
func withUmask(mask int, do func() error) error {
	own := unix.Umask(mask)
	defer unix.Umask(own)
	return do()
}
