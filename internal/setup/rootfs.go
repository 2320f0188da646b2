//go:build linux

package setup

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"ctenv/internal/wire"
)

// errForeign says that a file is not the container's own: root in the container
// must not use its power on what may be the host's.
var errForeign = errors.New("it is a mount, so it may be the host's")

// errOddFile says that a path holds something else than a regular file.
var errOddFile = errors.New("it is not a regular file")

// rootfs is the container's root file system, or a test's folder.
type rootfs struct {
	fd     int
	mounts []uint64 // ids of the mounts that are the container's own
}

func openRoot(dir string) (*rootfs, error) {
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("opening %q: %w", dir, err)
	}
	mnt, err := mountID(fd)
	if err != nil {
		return nil, err
	}
	return &rootfs{fd: fd, mounts: []uint64{mnt}}, nil
}

// owns says that a file is on the root mount itself, not on one below it.
func (r *rootfs) owns(fd int) bool {
	mnt, err := mountID(fd)
	return err == nil && slices.Contains(r.mounts, mnt)
}

// adopt takes the mounts at some files for the container's own: the engine made
// them. One that is reached by the target of one of the caller's mounts is not: an
// image may have a symlink to the folder that a file is in.
func (r *rootfs) adopt(callers []wire.Text, files ...string) {
	var foreign []uint64
	for _, target := range callers {
		fd, err := unix.Open(string(target), unix.O_PATH|unix.O_CLOEXEC, 0)
		if err != nil {
			continue // not there, so at none of the files
		}
		mnt, err := mountID(fd)
		unix.Close(fd)
		if err != nil {
			return
		}
		foreign = append(foreign, mnt)
	}
	for _, name := range files {
		fd, err := openIn(r.fd, strings.TrimPrefix(name, "/"), unix.O_PATH, 0)
		if err != nil {
			continue
		}
		mnt, err := mountID(fd)
		unix.Close(fd)
		if err == nil && !slices.Contains(r.mounts, mnt) && !slices.Contains(foreign, mnt) {
			r.mounts = append(r.mounts, mnt)
		}
	}
}

// mountID identifies the mount that fd is on: statx(2) since Linux 5.8, before
// that proc_pid_fdinfo(5). st_dev would not do: a bind mount keeps it.
func mountID(fd int) (uint64, error) {
	var st unix.Statx_t
	err := unix.Statx(fd, "", unix.AT_EMPTY_PATH, unix.STATX_MNT_ID, &st)
	if err == nil && st.Mask&unix.STATX_MNT_ID != 0 {
		return st.Mnt_id, nil
	}
	info, err := os.ReadFile("/proc/self/fdinfo/" + strconv.Itoa(fd))
	if err != nil {
		return 0, fmt.Errorf("asking for the mount: %w", err)
	}
	for line := range strings.Lines(string(info)) {
		if id, ok := strings.CutPrefix(line, "mnt_id:"); ok {
			return strconv.ParseUint(strings.TrimSpace(id), 10, 64)
		}
	}
	return 0, errors.New("asking for the mount: the kernel does not say")
}

// openIn opens a path below dir, following no symlink on the way.
func openIn(dir int, rel string, flags int, resolve uint64) (int, error) {
	how := unix.OpenHow{
		Flags:   uint64(flags | unix.O_CLOEXEC | unix.O_NOFOLLOW),
		Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | resolve,
	}
	for range 8 {
		fd, err := unix.Openat2(dir, rel, &how)
		switch err {
		case unix.EINTR, unix.EAGAIN: // something on the way was renamed meanwhile
			continue
		case unix.ENOSYS, unix.EPERM: // before Linux 5.6, or a seccomp profile older than that
			return walkIn(dir, rel, flags, resolve&unix.RESOLVE_NO_XDEV != 0)
		}
		return fd, err
	}
	return -1, unix.EAGAIN
}

// walkIn does the work of openat2(2) one folder at a time. With stay it refuses to
// leave dir's mount, as RESOLVE_NO_XDEV does.
func walkIn(dir int, rel string, flags int, stay bool) (fd int, err error) {
	var mnt uint64
	if stay {
		if mnt, err = mountID(dir); err != nil {
			return -1, err
		}
	}
	parent := dir
	for {
		name, rest, more := strings.Cut(rel, "/")
		f := flags
		if more {
			f = unix.O_PATH | unix.O_DIRECTORY
		}
		fd, err := unix.Openat(parent, name, f|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
		if parent != dir {
			unix.Close(parent)
		}
		if err != nil {
			return -1, err
		}
		if stay {
			if at, err := mountID(fd); err != nil || at != mnt {
				unix.Close(fd)
				return -1, cmp.Or(err, error(unix.EXDEV))
			}
		}
		if !more {
			return fd, nil
		}
		parent, rel = fd, rest
	}
}

// maxFile caps what is read of an account file, in bytes.
const maxFile = 16 << 20

// file is a small file of the container as it was read.
type file struct {
	path   string // absolute in the container
	dir    int    // its folder
	data   []byte
	exists bool
	stat   unix.Stat_t
	// mounted is the mount that the file itself is, 0 for a plain file.
	mounted uint64
}

func (f *file) close() { unix.Close(f.dir) }

// read reads a file of the container. That it is missing is no error; that it or
// its folder is not on the root mount is errForeign, that it is a symlink ELOOP.
func (r *rootfs) read(name string) (*file, error) { return r.readBy(name, false) }

// readLinked is read that goes through a symlink, to a file of the root mount
// like any other.
func (r *rootfs) readLinked(name string) (*file, error) { return r.readBy(name, true) }

func (r *rootfs) readBy(name string, links bool) (*file, error) {
	dir, err := openIn(r.fd, strings.TrimPrefix(path.Dir(name), "/"), unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, fmt.Errorf("opening %q: %w", path.Dir(name), err)
	}
	f := &file{path: name, dir: dir}
	if err := r.fill(f, links); err != nil {
		f.close()
		return nil, fmt.Errorf("reading %q: %w", name, err)
	}
	return f, nil
}

func (r *rootfs) fill(f *file, links bool) error {
	if !r.owns(f.dir) {
		return errForeign
	}
	// O_NONBLOCK: a FIFO must not hold us.
	fd, err := unix.Openat(f.dir, path.Base(f.path), unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err == unix.ELOOP && links {
		fd, err = r.followLink(f.path)
	}
	if err == unix.ENOENT {
		return nil
	}
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if !r.owns(fd) {
		return errForeign
	}
	if err := unix.Fstat(fd, &f.stat); err != nil {
		return err
	}
	if f.stat.Mode&unix.S_IFMT != unix.S_IFREG {
		return errOddFile
	}
	mnt, err := mountID(fd)
	if err != nil {
		return err
	}
	if folder, err := mountID(f.dir); err == nil && folder != mnt {
		f.mounted = mnt
	}
	f.data, err = readFD(fd, maxFile)
	f.exists = err == nil
	return err
}

// followLink opens what a symlink leads to in the container, for reading: images
// made by Nix have the account files in their store. A write puts a file in the
// link's place and leaves what it led to alone. Before openat2(2) no link is
// followed.
func (r *rootfs) followLink(name string) (int, error) {
	fd, err := unix.Openat2(r.fd, strings.TrimPrefix(name, "/"), &unix.OpenHow{
		Flags:   unix.O_RDONLY | unix.O_NONBLOCK | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS,
	})
	if err == unix.ENOSYS || err == unix.EPERM {
		err = unix.ELOOP
	}
	return fd, err
}

// write puts data in the file's place, with the owner and mode it had, or root's
// and mode where it is new, and reads it back. Renaming a complete file over the
// old one leaves no moment in which there is half of one.
func (r *rootfs) write(f *file, data []byte, mode uint32) error {
	uid, gid := 0, 0
	if f.exists {
		uid, gid, mode = int(f.stat.Uid), int(f.stat.Gid), f.stat.Mode&0o7777
	}
	put := f.replace
	if f.mounted != 0 {
		put = f.overwrite
	}
	if err := put(data, uid, gid, mode); err != nil {
		return fmt.Errorf("writing %q: %w", f.path, err)
	}
	again, err := r.read(f.path)
	if err != nil {
		return err
	}
	defer again.close()
	if !bytes.Equal(again.data, data) {
		return fmt.Errorf("writing %q: it holds something else afterwards", f.path)
	}
	f.data, f.exists, f.stat = again.data, again.exists, again.stat
	return nil
}

func (f *file) replace(data []byte, uid, gid int, mode uint32) (err error) {
	base := path.Base(f.path)
	// The leading dot keeps sudo and other readers of whole folders away from it.
	temp := fmt.Sprintf(".%s.ctenv-%08x", base, rand.Uint32())
	fd, err := unix.Openat(f.dir, temp, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			unix.Unlinkat(f.dir, temp, 0)
		}
	}()
	defer unix.Close(fd)
	if err := writeFD(fd, data); err != nil {
		return err
	}
	// Owner first: chown clears setuid and setgid bits.
	if err := unix.Fchown(fd, uid, gid); err != nil {
		return err
	}
	if err := unix.Fchmod(fd, mode); err != nil {
		return err
	}
	return unix.Renameat(f.dir, temp, f.dir, base)
}

// overwrite writes into a file that is a mount by itself, an adopted one, over
// which nothing can be renamed.
func (f *file) overwrite(data []byte, uid, gid int, mode uint32) error {
	fd, err := unix.Openat(f.dir, path.Base(f.path), unix.O_WRONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if mnt, err := mountID(fd); err != nil || mnt != f.mounted {
		return errForeign
	}
	if err := unix.Ftruncate(fd, 0); err != nil {
		return err
	}
	if err := writeFD(fd, data); err != nil {
		return err
	}
	if err := unix.Fchown(fd, uid, gid); err != nil {
		return err
	}
	return unix.Fchmod(fd, mode)
}
