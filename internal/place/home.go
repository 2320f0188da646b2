//go:build linux

// Package place makes the directories of the container that are the user's: its home, the
// ways to its mounts, the working directory, and what stands for git's worktrees. It uses
// root's power in the container's own file system alone, and follows no symlink of the
// user's.
package place

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"ctenv/internal/privilege"
	"ctenv/internal/saferoot"
	"ctenv/internal/wire"
)

// Home makes the user's home where it is missing, and gives the user a home
// that the image or the engine made, itself only: what is in it is the image's.
// A home that is a mount is the host's or a volume, and stays as it is. It says what it did.
func Home(r *saferoot.Root, u wire.User) (string, error) {
	if wire.IsSystemDir(string(u.Home)) {
		return fmt.Sprintf("%q is a system directory and stays as it is", u.Home), nil
	}
	home, made, err := makeDirs(r, string(u.Home), u, 0, 0)
	if err != nil {
		return "", err
	}
	defer unix.Close(home)
	if !r.Owns(home) {
		return fmt.Sprintf("%q is a mount and stays as it is", u.Home), nil
	}
	if err := GiveTo(home, u); err != nil {
		return "", fmt.Errorf("giving %q to the user: %w", u.Home, err)
	}
	if made {
		return fmt.Sprintf("made %q", u.Home), nil
	}
	return fmt.Sprintf("%q is there", u.Home), nil
}

// makeDirs opens a directory of the container, making the missing parts: as root
// for uid and gid on the container's own file system, as the user u on a mount.
// It follows the image's symlinks, such as /home on an image-based system.
func makeDirs(r *saferoot.Root, p string, u wire.User, uid, gid int) (fd int, made bool, err error) {
	fd, err = r.Walk(p, u.UID, func(dir int, name string) error {
		made = true
		return makeDir(r, dir, name, u, [2]int{uid, gid})
	})
	if err != nil {
		err = fmt.Errorf("making %q: %w", p, err)
	}
	return fd, made, err
}

func makeDir(r *saferoot.Root, dir int, name string, u wire.User, owner [2]int) error {
	if !r.Owns(dir) {
		return privilege.AsUser(u, func() error { return unix.Mkdirat(dir, name, 0o777) })
	}
	if err := unix.Mkdirat(dir, name, 0o755); err != nil {
		return err
	}
	if owner == ([2]int{}) {
		return nil
	}
	// By descriptor, and only what is as it was made: whoever may write to dir can have put
	// another file of root's there. An empty directory of root's in dir they could as well have
	// removed, and made.
	fd, err := saferoot.OpenIn(dir, name, unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if !r.Owns(fd) {
		return saferoot.ErrForeign
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	if empty, err := holdsOnly(fd, "", nil); err != nil || !empty || st.Uid != 0 {
		return cmp.Or(err, errExchanged)
	}
	return unix.Fchownat(fd, "", owner[0], owner[1], unix.AT_EMPTY_PATH)
}

var errExchanged = errors.New("another directory has come in its place")

// GiveTo makes the user the owner of one opened file, unless it is already: a
// chown to the same owner would clear setuid bits and copy overlay files up.
func GiveTo(fd int, u wire.User) error {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	if int(st.Uid) == u.UID && int(st.Gid) == u.GID {
		return nil
	}
	return unix.Fchownat(fd, "", u.UID, u.GID, unix.AT_EMPTY_PATH)
}

// giveMountParents gives the user the directories between its home and the mounts
// below it (~/.config for a mount at ~/.config/tool): the engine made them, as
// root. They are only taken from root, on the container's own file system.
func giveMountParents(r *saferoot.Root, u wire.User, mounts []wire.Text) error {
	home := path.Clean(string(u.Home))
	if wire.IsSystemDir(home) {
		return nil
	}
	for _, m := range mounts {
		rel, below := strings.CutPrefix(path.Clean(string(m)), home+"/")
		if !below {
			continue
		}
		for dir := path.Dir(rel); dir != "."; dir = path.Dir(dir) {
			if err := takeFromRoot(r, home, dir, u); err != nil {
				return fmt.Errorf("giving %q to the user: %w", path.Join(home, dir), err)
			}
		}
	}
	return nil
}

func takeFromRoot(r *saferoot.Root, home, dir string, u wire.User) error {
	top, err := r.Walk(home, u.UID, nil)
	if err != nil {
		return err
	}
	defer unix.Close(top)
	fd, err := saferoot.OpenIn(top, dir, unix.O_PATH|unix.O_DIRECTORY, 0)
	switch err {
	case nil:
	case unix.ENOENT, unix.ELOOP, unix.ENOTDIR: // the engine went another way, by a symlink
		return nil
	default:
		return err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || st.Uid != 0 || !r.Owns(fd) {
		return err
	}
	return GiveTo(fd, u)
}
