//go:build linux

package mounts

import (
	"fmt"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"ctenv/internal/hint"
	"ctenv/internal/mountinfo"
	"ctenv/internal/saferoot"
	"ctenv/internal/wire"
)

// bootFile names this start of the kernel (random(4)).
const bootFile = "/proc/sys/kernel/random/boot_id"

// sameKernel says whether the container is on the kernel that ctenv is on. That a mount
// hides the answer is an error: what the container's own files say must not decide whether
// anything is compared.
func sameKernel(req *wire.Request) (bool, error) {
	id, err := bootID()
	return err == nil && id != "" && id == req.Boot, err
}

// bootID is "" on a kernel that has none, and where an engine emulates /proc/sys by FUSE, as
// Sysbox does.
func bootID() (string, error) {
	name := bootFile
	fd, err := openLook(name)
	for (err == unix.ENOENT || err == unix.ENOTDIR) && name != "/" {
		name = path.Dir(name)
		fd, err = openLook(name)
	}
	if err != nil {
		return "", fmt.Errorf("%q: %w", name, err)
	}
	defer unix.Close(fd)
	var fs unix.Statfs_t
	if err := unix.Fstatfs(fd, &fs); err != nil {
		return "", fmt.Errorf("%q: %w", name, err)
	}
	if fs.Type == unix.FUSE_SUPER_MAGIC {
		return "", nil
	}
	if fs.Type != unix.PROC_SUPER_MAGIC || !inPlace(fd) {
		return "", hint.With(fmt.Errorf("a mount hides %s, by which ctenv-init knows the host's kernel", bootFile), "mount nothing below /proc")
	}
	if name != bootFile {
		return "", nil
	}
	id, err := os.ReadFile("/proc/self/fd/" + strconv.Itoa(fd))
	return strings.TrimSpace(string(id)), err
}

func openLook(name string) (int, error) {
	return unix.Open(name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
}

// inPlace says whether what is open is of a mount of /proc that is where it is in /proc: engines
// mount parts of it over themselves, read-only.
func inPlace(fd int) bool {
	id, err := saferoot.MountID(fd)
	if err != nil {
		return false
	}
	mounted, _ := mountinfo.Own()
	return slices.ContainsFunc(mounted, func(m mountinfo.Mount) bool { return m.ID == id && m.Point == path.Join("/proc", m.Root) })
}
