// Package regular reads regular files whose names come from somebody else. Opening
// a named pipe waits for a writer, a device may act on being opened and may never
// end, and some files of proc(5) make their readers wait: whoever wrote the name, or
// put the file there, must not be able to hang the program or to fill its memory.
package regular

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// Read gives the content of the file at path, following symlinks. What is no regular
// file, or is longer than limit bytes, is an error. Errors do not name the path; those
// of the system are as it gives them, so that errors.Is(err, fs.ErrNotExist) holds.
func Read(path string, limit int) ([]byte, error) {
	return read(path, limit, func() (int, error) {
		return unix.Open(path, openFlags, 0)
	})
}

// ReadReal is Read of a path without symlinks: one that is on the way by now is an
// error.
func ReadReal(path string, limit int) ([]byte, error) {
	return read(path, limit, func() (int, error) { return openReal(path) })
}

func read(path string, limit int, opener func() (int, error)) ([]byte, error) {
	fd, size, err := open(path, opener)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	if size > int64(limit) {
		return nil, &LongError{limit}
	}
	// Not by os.File: a descriptor that does not block, and that the kernel can tell
	// news of, as one of /proc/kmsg, it would wait for.
	data := make([]byte, 0, size+1)
	for {
		if len(data) == cap(data) {
			data = append(data, 0)[:len(data)]
		}
		n, err := unix.Read(fd, data[len(data):cap(data)])
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.EAGAIN:
			return nil, errors.New("it has no end that could be read to")
		case err != nil:
			return nil, err
		case n == 0:
			return data, nil
		}
		data = data[:len(data)+n]
		if len(data) > limit {
			return nil, &LongError{limit}
		}
	}
}

// LongError says that a file is longer than was asked for.
type LongError struct{ Limit int }

func (e *LongError) Error() string { return fmt.Sprintf("it is longer than %d bytes", e.Limit) }

const openFlags = unix.O_RDONLY | unix.O_NONBLOCK | unix.O_NOCTTY | unix.O_CLOEXEC

// open opens a regular file, so that reading it does not wait. It is looked at
// before, since opening a device may do something, and after, since another file may
// have taken the name.
func open(path string, opener func() (int, error)) (fd int, size int64, err error) {
	var st unix.Stat_t
	if err := retry(func() error { return unix.Stat(path, &st) }); err != nil {
		return -1, 0, err
	}
	if err := check(st); err != nil {
		return -1, 0, err
	}
	err = retry(func() (err error) {
		fd, err = opener()
		return err
	})
	if err != nil {
		return -1, 0, err
	}
	if err = unix.Fstat(fd, &st); err == nil {
		err = check(st)
	}
	if err != nil {
		unix.Close(fd)
		return -1, 0, err
	}
	return fd, st.Size, nil
}

// retry repeats what a signal has interrupted, as file systems of FUSE and NFS let it.
func retry(call func() error) error {
	for {
		if err := call(); err != unix.EINTR {
			return err
		}
	}
}

func check(st unix.Stat_t) error {
	if what := Kind(uint32(st.Mode)); what != "" {
		return &KindError{what}
	}
	return nil
}

// KindError says that a file is something else than a regular file.
type KindError struct{ Kind string }

func (e *KindError) Error() string { return "it is a " + e.Kind + ", no regular file" }

// Kind names what a mode of stat(2) says, "" for a regular file.
func Kind(mode uint32) string {
	switch mode & unix.S_IFMT {
	case unix.S_IFREG:
		return ""
	case unix.S_IFDIR:
		return "directory"
	case unix.S_IFIFO:
		return "named pipe"
	case unix.S_IFSOCK:
		return "socket"
	}
	return "device"
}

// FS is the tree below a directory, for fs.ReadDir and fs.ReadFile alone: the latter
// reads by Read, up to Limit bytes.
type FS struct {
	Dir   string
	Limit int
}

// Open implements fs.FS.
func (f FS) Open(name string) (fs.File, error) {
	if info, err := fs.Stat(os.DirFS(f.Dir), name); err != nil {
		return nil, err
	} else if !info.IsDir() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	return os.DirFS(f.Dir).Open(name)
}

// ReadFile implements fs.ReadFileFS.
func (f FS) ReadFile(name string) ([]byte, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	data, err := Read(f.Dir+"/"+name, f.Limit)
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: name, Err: err}
	}
	return data, nil
}
