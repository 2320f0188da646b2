// Package pipes moves bytes between a caller's standard streams, which may be
// anything, and pipes that a container holds the other ends of.
package pipes

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Patient reads and writes a file to which somebody may set O_NONBLOCK: the flag
// belongs to all who have the file (open(2)), so a program that runs beside this one
// can set it at any time. Nothing is lost then, and nothing ends early.
//
// It is no *os.File, whose ReadFrom and WriteTo choose system calls by themselves.
type Patient struct{ File *os.File }

func (p Patient) Read(b []byte) (int, error) {
	for {
		n, err := p.File.Read(b)
		if !errors.Is(err, unix.EAGAIN) || n > 0 {
			return n, err
		}
		if err := p.wait(unix.POLLIN); err != nil {
			return 0, err
		}
	}
}

func (p Patient) Write(b []byte) (written int, err error) {
	for {
		n, err := p.File.Write(b[written:])
		written += max(n, 0)
		if !errors.Is(err, unix.EAGAIN) {
			return written, err
		}
		if err := p.wait(unix.POLLOUT); err != nil {
			return written, err
		}
	}
}

// wait returns when the file is ready, or has come to its end.
func (p Patient) wait(events int16) error {
	raw, err := p.File.SyscallConn()
	if err != nil {
		return err
	}
	controlErr := raw.Control(func(fd uintptr) {
		err = unix.EINTR
		for err == unix.EINTR {
			_, err = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: events}}, -1)
		}
	})
	return errors.Join(controlErr, err)
}
