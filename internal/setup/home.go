//go:build linux

package setup

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"ctenv/internal/wire"
)

// systemFolders never become the user's, whatever its passwd entry says: it is
// "/" for many services' users.
var systemFolders = []string{
	"/", "/bin", "/boot", "/etc", "/home", "/lib", "/lib32", "/lib64", "/media", "/mnt", "/opt",
	"/run", "/sbin", "/srv", "/tmp", "/usr", "/usr/bin", "/usr/lib", "/usr/local", "/usr/sbin",
	"/usr/share", "/var", "/var/cache", "/var/lib", "/var/log", "/var/run", "/var/tmp",
}

func isSystemFolder(p string) bool {
	p = path.Clean(p)
	for _, top := range []string{"/dev/", "/proc/", "/sys/"} {
		if strings.HasPrefix(p+"/", top) {
			return true
		}
	}
	return slices.Contains(systemFolders, p)
}

// makeHome makes the user's home where it is missing, and gives the user a home
// that the image or the engine made, itself only: what is in it is the image's.
// A home that is a mount is the host's or a volume, and stays as it is.
func makeHome(r *rootfs, u wire.User) (string, error) {
	if isSystemFolder(string(u.Home)) {
		return fmt.Sprintf("%q is a system folder and stays as it is", u.Home), nil
	}
	home, made, err := r.makeFolders(string(u.Home), u, 0, 0)
	if err != nil {
		return "", err
	}
	defer unix.Close(home)
	if !r.owns(home) {
		return fmt.Sprintf("%q is a mount and stays as it is", u.Home), nil
	}
	if err := giveTo(home, u); err != nil {
		return "", fmt.Errorf("giving %q to the user: %w", u.Home, err)
	}
	if made {
		return fmt.Sprintf("made %q", u.Home), nil
	}
	return fmt.Sprintf("%q is there", u.Home), nil
}

// makeFolders opens a folder of the container, making the missing parts: as root
// for uid and gid on the container's own file system, as the user u on a mount.
// It follows the image's symlinks, such as /home on an image-based system.
func (r *rootfs) makeFolders(p string, u wire.User, uid, gid int) (fd int, made bool, err error) {
	fd, err = r.walk(p, u, func(dir int, name string) error {
		made = true
		return r.makeFolder(dir, name, u, uid, gid)
	})
	if err != nil {
		err = fmt.Errorf("making %q: %w", p, err)
	}
	return fd, made, err
}

// errOwnLink says that a symlink may be somebody's who wants root to go elsewhere.
var errOwnLink = errors.New("a symlink on the way is the user's own, which root does not follow")

// maxLinks is how many symlinks the kernel follows in one path (path_resolution(7)).
const maxLinks = 40

// walk opens a folder of the container. It follows symlinks, but for those of the user
// u: what runs in a container that stays, or ran in one that had the same volume, could
// have root make or give away a folder in any place. Where a folder is missing it
// calls create, which is nil for none.
func (r *rootfs) walk(p string, u wire.User, create func(dir int, name string) error) (fd int, err error) {
	if fd, err = unix.Dup(r.fd); err != nil {
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
		target, err := followable(next, u)
		if err == nil && target != "" {
			if links++; links > maxLinks {
				err = unix.ELOOP
			}
			unix.Close(next)
			todo = append(strings.Split(target, "/"), todo...)
			if next = fd; path.IsAbs(target) && err == nil {
				next, err = unix.Dup(r.fd)
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

// openPart opens a folder, or a symlink itself.
func openPart(dir int, name string) (int, error) {
	return unix.Openat(dir, name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
}

// followable returns what a symlink leads to, "" for a folder. Anything else is an
// error.
func followable(fd int, u wire.User) (target string, err error) {
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
	if u.UID != 0 && st.Uid == uint32(u.UID) {
		return "", errOwnLink
	}
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(fd, "", buf)
	if err == nil && n == 0 {
		err = unix.ENOENT
	}
	return string(buf[:max(n, 0)]), err
}

func (r *rootfs) makeFolder(dir int, name string, u wire.User, uid, gid int) error {
	if !r.owns(dir) {
		return asUser(u, func() error { return unix.Mkdirat(dir, name, 0o755) })
	}
	if err := unix.Mkdirat(dir, name, 0o755); err != nil {
		return err
	}
	if uid == 0 && gid == 0 {
		return nil
	}
	return unix.Fchownat(dir, name, uid, gid, unix.AT_SYMLINK_NOFOLLOW)
}

// giveTo makes the user the owner of one opened file, unless it is already: a
// chown to the same owner would clear setuid bits and copy overlay files up.
func giveTo(fd int, u wire.User) error {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	if int(st.Uid) == u.UID && int(st.Gid) == u.GID {
		return nil
	}
	return unix.Fchownat(fd, "", u.UID, u.GID, unix.AT_EMPTY_PATH)
}

// giveMountParents gives the user the folders between its home and the mounts
// below it (~/.config for a mount at ~/.config/tool): the engine made them, as
// root. They are only taken from root, on the container's own file system.
func giveMountParents(r *rootfs, u wire.User, mounts []wire.Text) error {
	home := path.Clean(string(u.Home))
	if isSystemFolder(home) {
		return nil
	}
	for _, m := range mounts {
		rel, below := strings.CutPrefix(path.Clean(string(m)), home+"/")
		if !below {
			continue
		}
		for dir := path.Dir(rel); dir != "."; dir = path.Dir(dir) {
			if err := r.takeFromRoot(home, dir, u); err != nil {
				return fmt.Errorf("giving %q to the user: %w", path.Join(home, dir), err)
			}
		}
	}
	return nil
}

func (r *rootfs) takeFromRoot(home, dir string, u wire.User) error {
	top, err := r.walk(home, u, nil)
	if err != nil {
		return err
	}
	defer unix.Close(top)
	fd, err := openIn(top, dir, unix.O_PATH|unix.O_DIRECTORY, 0)
	switch err {
	case nil:
	case unix.ENOENT, unix.ELOOP, unix.ENOTDIR: // the engine went another way, by a symlink
		return nil
	default:
		return err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || st.Uid != 0 || !r.owns(fd) {
		return err
	}
	return giveTo(fd, u)
}

// home never ends the run: a command may well do without one, and a read-only
// container has to.
func (in *Init) home() (string, error) {
	did, err := makeHome(in.root, in.req.User)
	if err == nil {
		err = giveMountParents(in.root, in.req.User, in.req.Mounts)
	}
	if err != nil {
		in.msg.Warn("the home stays as it is: %v", err)
		return "", nil
	}
	return did, nil
}
