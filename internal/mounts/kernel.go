//go:build linux

package mounts

import (
	"fmt"
	"os"
	"path"
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
func sameKernel(req *wire.Request, mounted []mountinfo.Mount) (bool, error) {
	if req.Boot == wire.OtherBoot {
		return false, nil
	}
	id, err := bootID(mounted)
	return err == nil && id != "" && id == req.Boot, err
}

// bootID is "" on a kernel that has none, and where an engine emulates /proc/sys by FUSE, as
// Sysbox does. A mount of the caller's there has been refused before (misplaced).
func bootID(mounted []mountinfo.Mount) (string, error) {
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
	id, err := saferoot.MountID(fd)
	if err != nil {
		return "", err
	}
	m, known := mountinfo.Of(mounted, id)
	if fs.Type == unix.FUSE_SUPER_MAGIC && m.Point == "/proc/sys" {
		return "", nil
	}
	// Engines mount parts of /proc over themselves, read-only.
	if fs.Type != unix.PROC_SUPER_MAGIC || !known || m.Point != path.Join("/proc", m.Root) {
		return "", hint.With(fmt.Errorf("a mount hides %s, by which ctenv-init knows the host's kernel", bootFile), "mount nothing below /proc")
	}
	if name != bootFile {
		return "", nil
	}
	text, err := os.ReadFile("/proc/self/fd/" + strconv.Itoa(fd))
	return strings.TrimSpace(string(text)), err
}

func openLook(name string) (int, error) {
	return unix.Open(name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
}
