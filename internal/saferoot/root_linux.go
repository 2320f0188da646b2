//go:build linux

package saferoot

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// ErrForeign says that a file is not the container's own: root in the container
// must not use its power on what may be the host's.
var ErrForeign = errors.New("it is a mount, so it may be the host's")

// ErrOddFile says that a path holds something else than a regular file.
var ErrOddFile = errors.New("it is not a regular file")

// Root is a container's root file system, or a test's directory.
type Root struct {
	FD     int
	Mounts []uint64 // ids of the mounts that are the container's own
	// Callers are ids of the caller's mounts, which are never adopted; nil for none.
	Callers func() []uint64
	// RootGroup says whether the user is in root's group, nil for no.
	RootGroup func() bool
}

// OpenRoot opens one.
func OpenRoot(dir string) (*Root, error) {
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("opening %q: %w", dir, err)
	}
	mnt, err := MountID(fd)
	if err != nil {
		return nil, err
	}
	return &Root{FD: fd, Mounts: []uint64{mnt}}, nil
}

// Owns says that a file is on the root mount itself, not on one below it.
func (r *Root) Owns(fd int) bool {
	mnt, err := MountID(fd)
	return err == nil && slices.Contains(r.Mounts, mnt)
}

// Foreign says whether a mount is one of the caller's.
func (r *Root) Foreign(id uint64) bool { return r.Callers != nil && slices.Contains(r.Callers(), id) }

// Adopt takes the mounts at some files for the container's own: the engine made
// them. One of the caller's is not: an image may have a symlink to the directory that a
// file is in.
func (r *Root) Adopt(files ...string) {
	for _, name := range files {
		fd, err := OpenIn(r.FD, strings.TrimPrefix(name, "/"), unix.O_PATH, 0)
		if err != nil {
			continue
		}
		mnt, err := MountID(fd)
		unix.Close(fd)
		if err == nil && !slices.Contains(r.Mounts, mnt) && !r.Foreign(mnt) {
			r.Mounts = append(r.Mounts, mnt)
		}
	}
}

// MountsAt are the ids of the mounts that paths lead to, which are outside of any Root.
func MountsAt(paths []string) (ids []uint64, err error) {
	for _, target := range paths {
		fd, err := unix.Open(target, unix.O_PATH|unix.O_CLOEXEC, 0)
		if err != nil {
			continue // not there
		}
		mnt, err := MountID(fd)
		unix.Close(fd)
		if err != nil {
			return nil, err
		}
		ids = append(ids, mnt)
	}
	return ids, nil
}

// At is the mount at a directory, as a root of the container's own, nil where it is not
// there or one of the caller's mounts. Names are still the container's.
func (r *Root) At(dir string) *Root {
	fd, err := OpenIn(r.FD, strings.TrimPrefix(dir, "/"), unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	mnt, err := MountID(fd)
	if err != nil || r.Foreign(mnt) {
		return nil
	}
	return &Root{FD: r.FD, Mounts: []uint64{mnt}, RootGroup: r.RootGroup}
}

// File is a small file of the container as it was read.
type File struct {
	Data   []byte
	Exists bool
	Stat   unix.Stat_t
	path   string // absolute in the container
	dir    int    // its directory
	// mounted is the mount that the file itself is, 0 for a plain file.
	mounted uint64
}

// Close closes the file's directory.
func (f *File) Close() { unix.Close(f.dir) }

// Read reads a file of the container. That it is missing is no error; that it or
// its directory is not on the root mount is ErrForeign, that it is a symlink ELOOP.
func (r *Root) Read(name string) (*File, error) { return r.readBy(name, false) }

// ReadLinked is read that goes through a symlink, to a file of the root mount
// like any other.
func (r *Root) ReadLinked(name string) (*File, error) { return r.readBy(name, true) }

func (r *Root) readBy(name string, links bool) (*File, error) {
	dir, err := OpenIn(r.FD, cmp.Or(strings.TrimPrefix(path.Dir(name), "/"), "."), unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, fmt.Errorf("opening %q: %w", path.Dir(name), err)
	}
	f := &File{path: name, dir: dir}
	if err := r.fill(f, links); err != nil {
		f.Close()
		return nil, fmt.Errorf("reading %q: %w", name, err)
	}
	return f, nil
}

func (r *Root) fill(f *File, links bool) error {
	if !r.Owns(f.dir) {
		return ErrForeign
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
	if !r.Owns(fd) {
		return ErrForeign
	}
	if err := unix.Fstat(fd, &f.Stat); err != nil {
		return err
	}
	if f.Stat.Mode&unix.S_IFMT != unix.S_IFREG {
		return ErrOddFile
	}
	mnt, err := MountID(fd)
	if err != nil {
		return err
	}
	if directory, err := MountID(f.dir); err == nil && directory != mnt {
		f.mounted = mnt
	}
	f.Data, err = ReadFD(fd, MaxFile)
	f.Exists = err == nil
	return err
}

// followLink opens what a symlink leads to in the container, for reading: images
// made by Nix have the account files in their store. A write puts a file in the
// link's place and leaves what it led to alone. Before openat2(2) no link is
// followed.
func (r *Root) followLink(name string) (int, error) {
	// Looked at before it is opened: to open a device of the host's is to act on it.
	at, err := openat2(r.FD, strings.TrimPrefix(name, "/"), &unix.OpenHow{
		Flags:   unix.O_PATH | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS,
	})
	switch {
	case err == unix.ENOSYS || err == unix.EPERM:
		return -1, unix.ELOOP
	case err != nil:
		return -1, err
	}
	defer unix.Close(at)
	if !r.Owns(at) {
		return -1, ErrForeign
	}
	return unix.Open("/proc/self/fd/"+strconv.Itoa(at), unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
}

// Write puts data in the file's place, with the owner and mode it had, or root's
// and mode where it is new, and reads it back. Renaming a complete file over the
// old one leaves no moment in which there is half of one.
func (r *Root) Write(f *File, data []byte, mode uint32) error {
	uid, gid := 0, 0
	if f.Exists {
		uid, gid, mode = int(f.Stat.Uid), int(f.Stat.Gid), f.Stat.Mode&0o7777
	}
	put := f.replace
	if f.mounted != 0 {
		put = f.overwrite
	}
	if err := put(data, uid, gid, mode); err != nil {
		return fmt.Errorf("writing %q: %w", f.path, err)
	}
	again, err := r.Read(f.path)
	if err != nil {
		return err
	}
	defer again.Close()
	if !bytes.Equal(again.Data, data) {
		return fmt.Errorf("writing %q: it holds something else afterwards", f.path)
	}
	f.Data, f.Exists, f.Stat = again.Data, again.Exists, again.Stat
	return nil
}

func (f *File) replace(data []byte, uid, gid int, mode uint32) (err error) {
	base := path.Base(f.path)
	// The leading dot keeps sudo and other readers of whole directories away from it.
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
	if err := WriteFD(fd, data); err != nil {
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
func (f *File) overwrite(data []byte, uid, gid int, mode uint32) error {
	fd, err := unix.Openat(f.dir, path.Base(f.path), unix.O_WRONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if mnt, err := MountID(fd); err != nil || mnt != f.mounted {
		return ErrForeign
	}
	if err := unix.Ftruncate(fd, 0); err != nil {
		return err
	}
	if err := WriteFD(fd, data); err != nil {
		return err
	}
	if err := unix.Fchown(fd, uid, gid); err != nil {
		return err
	}
	return unix.Fchmod(fd, mode)
}
