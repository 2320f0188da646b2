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

// Links are symlinks that stand for worktrees of git's, by their paths, and where they lead to.
type Links map[string]string

// Worktree makes w, which stands for a worktree of git's, where it is missing, and says whether it
// did. Where it would come to lie in a mount the error is saferoot.ErrForeign. The way does not go
// by those links that the worktrees before have: they lie where the user may have put others.
func Worktree(r *saferoot.Root, w wire.Place, u wire.User, before Links) (bool, error) {
	place := before.lead(path.Clean(string(w.Path)))
	if w.Link != "" {
		link, itself := path.Dir(place), strings.HasSuffix(string(w.Path), "/")
		if itself {
			link = place
		}
		made, err := makeMissing(r, link, u, func(at int, name string) error { return unix.Symlinkat(string(w.Link), at, name) })
		if err == nil && (made || leads(r, link, string(w.Link), u)) {
			before[link] = string(w.Link)
		}
		if made || err != nil || itself {
			return made, err
		}
		place = before.lead(place)
	}
	return makeMissing(r, place, u, func(at int, name string) error {
		// Root's and for nobody to write: `git worktree repair` would fill it in.
		file, err := unix.Openat(at, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o444)
		if err != nil {
			return err
		}
		return unix.Close(file)
	})
}

// lead is p by where the links lead.
func (l Links) lead(p string) string {
	for dir := path.Dir(p); dir != "/" && dir != "."; dir = path.Dir(dir) {
		if to, ok := l[dir]; ok {
			return path.Join(to, strings.TrimPrefix(p, dir))
		}
	}
	return p
}

// leads says whether what lies at a path is a symlink to there.
func leads(r *saferoot.Root, at, to string, u wire.User) bool {
	dir, name := path.Split(at)
	fd, err := r.Walk(dir, u.UID, nil)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(fd, name, buf)
	return err == nil && string(buf[:n]) == to
}

// makeMissing has make make what lies at a clean path, and the way there, unless something
// is there already.
func makeMissing(r *saferoot.Root, place string, u wire.User, make func(at int, name string) error) (bool, error) {
	dir, name := path.Split(place)
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
	if err := make(fd, name); err != unix.EEXIST {
		return err == nil, err
	}
	return false, nil // another command was faster
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
