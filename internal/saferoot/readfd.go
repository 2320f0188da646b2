//go:build linux

package saferoot

import (
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"
)

// The small files of a start are read and written here, not by os.File: that asks
// for its descriptor's flags and tries to have Go's poller watch it, five system
// calls more for each, and the first one starts the poller.

// ReadFD reads what is left of a file, from a descriptor that blocks or never has
// to. A file longer than limit bytes is an error, not cut short.
func ReadFD(fd, limit int) ([]byte, error) {
	data := make([]byte, 0, 4096) // most account files, and a proc_pid_status(5)
	for {
		if len(data) == cap(data) {
			data = append(data, 0)[:len(data)]
		}
		n, err := unix.Read(fd, data[len(data):cap(data)])
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return nil, err
		case n == 0:
			return data, nil
		}
		data = data[:len(data)+n]
		if len(data) > limit {
			return nil, fmt.Errorf("it is larger than %d bytes", limit)
		}
	}
}

// WriteFD writes all of data.
func WriteFD(fd int, data []byte) error {
	for len(data) > 0 {
		n, err := unix.Write(fd, data)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}

// MaxFile caps what is read of one small file, in bytes.
const MaxFile = 16 << 20

// ReadAt reads a small file, relative to the directory dir where name is.
func ReadAt(dir int, name string) ([]byte, error) {
	fd, err := unix.Openat(dir, name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	return ReadFD(fd, MaxFile)
}

// EachNumber calls do with each entry of the directory dir whose name is a number,
// as proc(5) has one for each thread, until do returns an error.
func EachNumber(dir int, do func(n int) error) error {
	buf := make([]byte, 4096)
	for {
		n, err := unix.Getdents(dir, buf)
		if err != nil || n <= 0 {
			return err
		}
		_, _, names := unix.ParseDirent(buf[:n], -1, nil)
		for _, name := range names {
			number, err := strconv.Atoi(name)
			if err != nil {
				continue
			}
			if err := do(number); err != nil {
				return err
			}
		}
	}
}
