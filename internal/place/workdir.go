//go:build linux

package place

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"golang.org/x/sys/unix"

	"ctenv/internal/hint"
	"ctenv/internal/privilege"
	"ctenv/internal/saferoot"
	"ctenv/internal/wire"
)

// Enter makes the working directory where it is missing and enters it,
// both with the permissions of the user: a directory that root made in the project
// would be root's on the host. Root's own power is used only in the container's
// own file system, and in the mounts with the ids given, which become the user's anyway.
//
// Its error has the way out, which is known where the host knows one.
func Enter(r *saferoot.Root, dir string, u wire.User, volumes []uint64, known wire.Text) error {
	return workdirError(enter(r, dir, u, volumes), u, known)
}

func enter(r *saferoot.Root, dir string, u wire.User, volumes []uint64) error {
	into := func() error { return os.Chdir(dir) }
	err := privilege.AsUser(u, func() error {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return err
		}
		return into()
	})
	if u.UID == 0 || (!errors.Is(err, unix.EACCES) && !errors.Is(err, unix.EPERM)) {
		return err
	}
	own := &saferoot.Root{FD: r.FD, Mounts: slices.Concat(r.Mounts, volumes), RootGroup: r.RootGroup}
	fd, _, err := makeDirs(own, dir, u, u.UID, u.GID)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	err = privilege.AsUser(u, into)
	if err != nil && !r.Owns(fd) && own.Owns(fd) {
		err = unix.Fchdir(fd) // its directories are only given to the user later on
	}
	return err
}

// workdirError adds the way out to err: the one that the host knows, where it knows one.
func workdirError(err error, u wire.User, known wire.Text) error {
	switch {
	case !errors.Is(err, unix.EACCES) && !errors.Is(err, saferoot.ErrOwnLink):
		return err
	case known != "":
		return hint.With(err, string(known))
	}
	return hint.With(err, fmt.Sprintf("choose a workdir that uid %d may make and enter", u.UID))
}
