package regular

import (
	"errors"

	"golang.org/x/sys/unix"
)

// openReal follows no symlink.
func openReal(path string) (int, error) {
	fd, err := unix.Openat2(unix.AT_FDCWD, path, &unix.OpenHow{Flags: openFlags, Resolve: unix.RESOLVE_NO_SYMLINKS})
	switch {
	case errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EPERM): // before Linux 5.6, or under an older seccomp profile
		return unix.Open(path, openFlags, 0)
	case errors.Is(err, unix.ELOOP):
		return -1, errors.New("a symlink has come into its place while it was looked at")
	}
	return fd, err
}
