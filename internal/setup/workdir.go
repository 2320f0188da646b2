//go:build linux

package setup

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"golang.org/x/sys/unix"

	"ctenv/internal/wire"
)

// enterWorkdir makes the working directory where it is missing and enters it,
// both with the permissions of the user: a folder that root made in the project
// would be root's on the host. Root's own power is used only in the container's
// own file system, and in the volumes given, which become the user's anyway.
func enterWorkdir(r *rootfs, dir string, u wire.User, volumes []wire.Text) error {
	enter := func() error { return os.Chdir(dir) }
	err := asUser(u, func() error {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		return enter()
	})
	if u.UID == 0 || (!errors.Is(err, unix.EACCES) && !errors.Is(err, unix.EPERM)) {
		return err
	}
	own := r.withVolumes(volumes, u)
	fd, _, err := own.makeFolders(dir, u, u.UID, u.GID)
	if err != nil {
		return workdirError(err, u)
	}
	defer unix.Close(fd)
	err = asUser(u, enter)
	if err != nil && !r.owns(fd) && own.owns(fd) {
		err = unix.Fchdir(fd) // its folders are only given to the user later on
	}
	return workdirError(err, u)
}

func workdirError(err error, u wire.User) error {
	if errors.Is(err, unix.EACCES) || errors.Is(err, errOwnLink) {
		return hinted(err, "choose a workdir that uid %d may make and enter", u.UID)
	}
	return err
}

// withVolumes is r with the mounts at some targets taken for the container's own.
func (r *rootfs) withVolumes(targets []wire.Text, u wire.User) *rootfs {
	own := slices.Clone(r.mounts)
	for _, target := range targets {
		fd, err := r.walk(string(target), u, nil)
		if err != nil {
			continue
		}
		if mnt, err := mountID(fd); err == nil {
			own = append(own, mnt)
		}
		unix.Close(fd)
	}
	return &rootfs{fd: r.fd, mounts: own}
}

func (in *Init) workdir() (string, error) {
	dir := string(in.req.Workdir)
	if err := enterWorkdir(in.root, dir, in.req.User, in.req.Chown); err != nil {
		return "", err
	}
	in.env = in.env.With("PWD", dir)
	return fmt.Sprintf("entered %q", dir), nil
}
