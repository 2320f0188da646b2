package mountpoint

import (
	"errors"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// openRoot opens a directory by a path that had no symlink when it was looked at. One that
// has come since is an error: who can write to the project must not choose where outside
// of it something is made or taken away.
func openRoot(dir string) (*os.Root, error) {
	how := unix.OpenHow{Flags: unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC, Resolve: unix.RESOLVE_NO_SYMLINKS}
	fd, err := unix.Openat2(unix.AT_FDCWD, dir, &how)
	for err == unix.EINTR { // of a file system of FUSE
		fd, err = unix.Openat2(unix.AT_FDCWD, dir, &how)
	}
	switch err {
	case nil:
	case unix.ENOSYS, unix.EPERM: // before Linux 5.6, or under an older seccomp profile
		return os.OpenRoot(dir)
	case unix.ELOOP:
		return nil, errors.New("a symlink has come into its place while it was looked at")
	default:
		return nil, &os.PathError{Op: "open", Path: dir, Err: err}
	}
	defer unix.Close(fd)
	return os.OpenRoot("/proc/self/fd/" + strconv.Itoa(fd))
}
