//go:build linux

package place

import (
	"errors"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"ctenv/internal/saferoot"
	"ctenv/internal/wire"
)

// Worktree makes w, which stands for a worktree of git's, where it is missing, and says whether it did. Where it would
// come to lie in a mount the error is saferoot.ErrForeign.
func Worktree(r *saferoot.Root, w wire.Place, u wire.User) (bool, error) {
	dir, name := path.Split(path.Clean(string(w.Path)))
	if w.Link != "" {
		if strings.HasSuffix(string(w.Path), "/") {
			return placeLink(r, path.Clean(string(w.Path)), string(w.Link), u)
		}
		made, err := placeLink(r, path.Clean(dir), string(w.Link), u)
		if made || err != nil {
			return made, err
		}
	}
	fd, err := r.Walk(dir, u.UID, func(at int, part string) error { return placeDir(r, at, part, dir, u) })
	if err != nil {
		return false, err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstatat(fd, name, &st, unix.AT_SYMLINK_NOFOLLOW); err != unix.ENOENT {
		return false, err
	}
	if !r.Owns(fd) {
		return false, saferoot.ErrForeign
	}
	// Root's and for nobody to write: `git worktree repair` would fill it in.
	file, err := unix.Openat(fd, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o444)
	if err == unix.EEXIST {
		return false, nil // another command was faster
	}
	if err != nil {
		return false, err
	}
	return true, unix.Close(file)
}

// placeLink makes dir a symlink, unless something is there already.
func placeLink(r *saferoot.Root, dir, target string, u wire.User) (bool, error) {
	parent, name := path.Split(dir)
	fd, err := r.Walk(parent, u.UID, func(at int, part string) error { return placeDir(r, at, part, parent, u) })
	if err != nil {
		return false, err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstatat(fd, name, &st, unix.AT_SYMLINK_NOFOLLOW); err != unix.ENOENT {
		return false, err
	}
	if !r.Owns(fd) {
		return false, saferoot.ErrForeign
	}
	if err := unix.Symlinkat(target, fd, name); err != unix.EEXIST {
		return err == nil, err
	}
	return false, nil
}

// placeDir makes a directory on the way to dir: the user's where dir lies below the
// home, as that of a mount there, else root's.
func placeDir(r *saferoot.Root, at int, name, dir string, u wire.User) error {
	if !r.Owns(at) {
		return saferoot.ErrForeign
	}
	uid, gid := 0, 0
	if home := path.Clean(string(u.Home)); strings.HasPrefix(dir, home+"/") && !wire.IsSystemDir(home) {
		uid, gid = u.UID, u.GID
	}
	err := makeDir(r, at, name, u, [2]int{uid, gid})
	if errors.Is(err, unix.EEXIST) {
		return nil // another command was faster
	}
	return err
}
