//go:build linux

package saferoot

import (
	"cmp"
	"errors"
	"os"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// ErrOwnLink says that a symlink may be of somebody who wants root to go elsewhere.
var ErrOwnLink = errors.New("a symlink on the way is the user's own, or in a directory where the user can put one, which root does not follow")

// maxLinks is how many symlinks the kernel follows in one path (path_resolution(7)).
const maxLinks = 40

// Walk opens a directory below r. It follows symlinks, but for those that the user uid can have
// put there, where that is not 0: what runs in a container that stays, or ran in one that had the
// same volume, could have root make or give away a directory in any place. Where a directory is
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
		target, err := r.followable(fd, next, uid)
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

// followable returns what a symlink in dir leads to, "" for a directory. Anything else is an
// error.
func (r *Root) followable(dir, fd, uid int) (target string, err error) {
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
	if uid != 0 {
		if own, err := r.isOrPutBy(uid, &st, dir); err != nil || own {
			return "", cmp.Or(err, ErrOwnLink)
		}
	}
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(fd, "", buf)
	if err == nil && n == 0 {
		err = unix.ENOENT
	}
	return string(buf[:max(n, 0)]), err
}

// isOrPutBy says whether a symlink is the user's, or can have been given its name by the user: one
// of root's can be renamed by who may write to the directory that it is in. Root's group
// counts where the user is in it: images have many a directory of mode 0775.
func (r *Root) isOrPutBy(uid int, link *unix.Stat_t, dir int) (bool, error) {
	if link.Uid == uint32(uid) {
		return true, nil
	}
	var st unix.Stat_t
	if err := unix.Fstat(dir, &st); err != nil {
		return false, err
	}
	if st.Uid == uint32(uid) || st.Mode&unix.S_ISVTX != 0 {
		return st.Uid == uint32(uid), nil
	}
	group := st.Mode&0o020 != 0 && (st.Gid != 0 || r.RootGroup != nil && r.RootGroup())
	return group || st.Mode&0o002 != 0, nil
}

// IsMount says whether a descriptor is the root of a mount, and false where that cannot be
// told. statx(2) tells since Linux 5.8, and not where a seccomp profile hides it; then it
// is a file that is on another mount than the directory above it.
func IsMount(fd int) bool {
	var st unix.Statx_t
	err := statx(fd, "", unix.AT_EMPTY_PATH|unix.AT_STATX_DONT_SYNC, 0, &st)
	if err == nil && st.Attributes_mask&unix.STATX_ATTR_MOUNT_ROOT != 0 {
		return st.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0
	}
	above, err := unix.Openat(fd, "..", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err == unix.ENOTDIR {
		above, err = directoryOf(fd)
	}
	if err != nil {
		return false
	}
	defer unix.Close(above)
	outer, err := MountID(above)
	if err != nil {
		return false
	}
	inner, err := MountID(fd)
	return err == nil && inner != outer
}

// directoryOf opens the directory that a file is in. Its name is only where to look: what
// is there has to be that file, on that mount.
func directoryOf(fd int) (int, error) {
	name, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(fd))
	if err != nil {
		return -1, err
	}
	dir, err := unix.Open(path.Dir(name), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	same, err := isAt(dir, path.Base(name), fd)
	if err != nil || !same {
		unix.Close(dir)
		return -1, cmp.Or(err, error(unix.ESTALE))
	}
	return dir, nil
}

func isAt(dir int, name string, fd int) (bool, error) {
	at, err := openPart(dir, name)
	if err != nil {
		return false, err
	}
	defer unix.Close(at)
	return Same(at, fd)
}

// Same says that two descriptors are one file on one mount.
func Same(a, b int) (bool, error) {
	var sa, sb unix.Stat_t
	if err := errors.Join(unix.Fstat(a, &sa), unix.Fstat(b, &sb)); err != nil || sa.Dev != sb.Dev || sa.Ino != sb.Ino {
		return false, err
	}
	ma, err := MountID(a)
	if err != nil {
		return false, err
	}
	mb, err := MountID(b)
	return ma == mb, err
}
