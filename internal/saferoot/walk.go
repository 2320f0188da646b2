//go:build linux

package saferoot

import (
	"errors"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// ErrOwnLink says that a symlink may be somebody's who wants root to go elsewhere.
var ErrOwnLink = errors.New("a symlink on the way is the user's own, which root does not follow")

// maxLinks is how many symlinks the kernel follows in one path (path_resolution(7)).
const maxLinks = 40

// Walk opens a directory below r. It follows symlinks, but for those of the user uid, where
// that is not 0: what runs in a container that stays, or ran in one that had the same
// volume, could have root make or give away a directory in any place. Where a directory is
// missing it calls create, which is nil for none. Errors are those of open(2), ErrOwnLink,
// and create's.
func (r *Root) Walk(p string, uid int, create func(dir int, name string) error) (fd int, err error) {
	if fd, err = unix.Dup(r.FD); err != nil {
		return -1, err
	}
	todo := strings.Split(path.Clean(p), "/")
	for links := 0; len(todo) > 0; {
		name := todo[0]
		todo = todo[1:]
		if name == "" || name == "." {
			continue
		}
		next, err := openPart(fd, name)
		if err == unix.ENOENT && create != nil {
			if err = create(fd, name); err == nil {
				next, err = openPart(fd, name)
			}
		}
		if err != nil {
			unix.Close(fd)
			return -1, err
		}
		target, err := followable(next, uid)
		if err == nil && target != "" {
			if links++; links > maxLinks {
				err = unix.ELOOP
			}
			unix.Close(next)
			todo = append(strings.Split(target, "/"), todo...)
			if next = fd; path.IsAbs(target) && err == nil {
				next, err = unix.Dup(r.FD)
			}
		}
		if next != fd {
			unix.Close(fd)
		}
		if err != nil {
			unix.Close(next)
			return -1, err
		}
		fd = next
	}
	return fd, nil
}

// openPart opens a directory, or a symlink itself.
func openPart(dir int, name string) (int, error) {
	return unix.Openat(dir, name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
}

// followable returns what a symlink leads to, "" for a directory. Anything else is an
// error.
func followable(fd, uid int) (target string, err error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return "", err
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		return "", nil
	case unix.S_IFLNK:
	default:
		return "", unix.ENOTDIR
	}
	if uid != 0 && st.Uid == uint32(uid) {
		return "", ErrOwnLink
	}
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(fd, "", buf)
	if err == nil && n == 0 {
		err = unix.ENOENT
	}
	return string(buf[:max(n, 0)]), err
}

// IsMount says whether a descriptor is the root of a mount, and true where a kernel before 5.8
// does not tell.
func IsMount(fd int) bool {
	var st unix.Statx_t
	err := unix.Statx(fd, "", unix.AT_EMPTY_PATH, unix.STATX_BASIC_STATS, &st)
	return err != nil || st.Attributes_mask&unix.STATX_ATTR_MOUNT_ROOT == 0 || st.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0
}
