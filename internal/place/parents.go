//go:build linux

package place

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"ctenv/internal/saferoot"
	"ctenv/internal/wire"
)

// Give gives the user the directories on the ways to mounts, which the engine has made as
// root: those below the home, the image's own volumes there or in what is the user's, and those that
// parents name.
func Give(r *saferoot.Root, u wire.User, parents []wire.Parent, mounts, volumes []wire.Text) error {
	if err := giveMountParents(r, u, slices.Concat(mounts, volumes)); err != nil {
		return err
	}
	if err := giveVolumes(r, u, volumes); err != nil {
		return err
	}
	return giveParents(r, u, parents, mounts)
}

// giveVolumes gives the user the image's volumes below its home, and in directories that
// are its own, as in the project: the engine has made them as root, where the image has no
// such directory.
func giveVolumes(r *saferoot.Root, u wire.User, volumes []wire.Text) error {
	home := path.Clean(string(u.Home))
	for _, v := range volumes {
		top, rel := path.Dir(string(v)), path.Base(string(v))
		if below, ok := strings.CutPrefix(string(v), home+"/"); ok && !wire.IsSystemDir(home) {
			top, rel = home, below
		} else if own, err := isUsers(r, u, top); err != nil || !own {
			continue
		}
		if err := takeFromRoot(r, top, rel, u); err != nil {
			return fmt.Errorf("giving %q to the user: %w", v, err)
		}
	}
	return nil
}

func isUsers(r *saferoot.Root, u wire.User, dir string) (bool, error) {
	fd, err := r.Walk(dir, u.UID, nil)
	if err != nil {
		return false, err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	err = unix.Fstat(fd, &st)
	return int(st.Uid) == u.UID, err
}

// giveParents gives the user the directories on the way to mounts that the request names:
// with the mode they have on the host, where they are the caller's there; else where
// they lie in nothing of the image's. They are only taken from root, on the container's
// own file system.
func giveParents(r *saferoot.Root, u wire.User, parents []wire.Parent, mounts []wire.Text) error {
	fresh := map[string]bool{"/": true}
	for _, p := range parents {
		dir := path.Clean(string(p.Path))
		if wire.IsSystemDir(dir) || p.Mode == 0 && !fresh[path.Dir(dir)] {
			continue
		}
		given, err := giveParent(r, dir, u, p.Mode, mounts)
		if err != nil {
			return fmt.Errorf("giving %q to the user: %w", dir, err)
		}
		fresh[dir] = given && p.Mode == 0
	}
	return nil
}

func giveParent(r *saferoot.Root, dir string, u wire.User, mode uint32, mounts []wire.Text) (bool, error) {
	fd, err := r.Walk(dir, u.UID, nil)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) || errors.Is(err, saferoot.ErrOwnLink) {
		return false, nil // the engine went another way
	}
	if err != nil {
		return false, err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || st.Uid != 0 || !r.Owns(fd) {
		return false, err
	}
	if mode == 0 {
		if only, err := holdsOnly(fd, dir, mounts); err != nil || !only {
			return false, err
		}
		return true, GiveTo(fd, u)
	}
	if err := GiveTo(fd, u); err != nil || st.Mode&0o777 == mode {
		return true, err
	}
	// A descriptor of O_PATH takes no fchmod(2).
	open, err := unix.Openat(fd, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return true, err
	}
	defer unix.Close(open)
	return true, unix.Fchmod(open, mode)
}

// holdsOnly says that a directory holds nothing but what is on the way to mounts.
func holdsOnly(fd int, dir string, mounts []wire.Text) (bool, error) {
	open, err := unix.Openat(fd, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return false, err
	}
	defer unix.Close(open)
	buf := make([]byte, 4096)
	for {
		n, err := unix.Getdents(open, buf)
		if err != nil || n <= 0 {
			return err == nil, err
		}
		_, _, names := unix.ParseDirent(buf[:n], -1, nil)
		for _, name := range names {
			way := path.Join(dir, name)
			if !slices.ContainsFunc(mounts, func(m wire.Text) bool { return strings.HasPrefix(path.Clean(string(m))+"/", way+"/") }) {
				return false, nil
			}
		}
	}
}
