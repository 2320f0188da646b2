//go:build linux

package setup

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"ctenv/internal/saferoot"
)

// ownPath is where this program is. Without /proc nobody can tell, and it is where it
// was mounted.
func ownPath(mounted string) string {
	if self, err := os.Executable(); err == nil {
		return self
	}
	return mounted
}

// childPath is what this process, which is at self, starts where it starts itself: not a
// name, in whose place somebody can put another program of that name. It is asked for before
// anything of the user's runs: a mount stays where it is.
func childPath(self string) string {
	const exe = "/proc/self/exe"
	var fs unix.Statfs_t
	if unix.Statfs("/proc", &fs) != nil || fs.Type != unix.PROC_SUPER_MAGIC {
		return self
	}
	if _, err := os.Readlink(exe); err != nil { // it is of another PID namespace
		return self
	}
	return exe
}

// rootDirectory keeps "/" from being the user's, or anybody's to rename in: the engine starts
// ctenv-init again, as root, by its path, for relays, health checks and signals. That is a mount, but
// the directory that it is in is not, and engines take "/" from an image as it is there. One more mount
// would hold the directory as well, and take time at each start.
func (in *Init) rootDirectory() (string, error) {
	if in.req.User.UID == 0 {
		return "", nil
	}
	return closeRoot(in.root)
}

// closeRoot makes "/" root's. Where all may write, as in /tmp, they still may, and rename what
// is their own. What its owner could look for there, others can: the user was that owner.
func closeRoot(r *saferoot.Root) (string, error) {
	was, open, err := rootOpen(r)
	if err != nil || !open {
		return "", err
	}
	change := unix.Fchownat(r.FD, "", 0, -1, unix.AT_EMPTY_PATH)
	mode := was.Mode & 0o7777
	if was.Uid != 0 {
		mode |= mode>>6&5*0o11 | 0o011
	}
	if mode&0o022 != 0 {
		mode |= unix.S_ISVTX
	}
	if change == nil && mode != was.Mode&0o7777 {
		change = unix.Fchmodat(r.FD, ".", mode, 0)
	}
	if change == unix.EROFS { // so nobody renames anything
		return "", nil
	}
	is, open, err := rootOpen(r)
	switch {
	case err != nil:
		return "", err
	case !open:
		return fmt.Sprintf(`"/" was of uid %d with mode %04o`, was.Uid, was.Mode&0o7777), nil
	}
	err = fmt.Errorf(`"/" is of uid %d with mode %04o, so that others could put a program in the place of ctenv-init`, is.Uid, is.Mode&0o7777)
	if change != nil {
		err = fmt.Errorf("%w, and it does not change: %w", err, change)
	}
	return "", hinted(err, `build the image with "RUN chown 0:0 / && chmod 755 /", or let the container keep the capabilities CHOWN and FOWNER`)
}

// rootOpen says whether somebody who is not root may rename what lies in "/".
func rootOpen(r *saferoot.Root) (st unix.Stat_t, open bool, err error) {
	if err := unix.Fstat(r.FD, &st); err != nil {
		return st, true, err
	}
	return st, st.Uid != 0 || st.Mode&0o022 != 0 && st.Mode&unix.S_ISVTX == 0, nil
}
