//go:build linux

package pipes

import (
	"io"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// Tap reads a pipe or a terminal that others write to, such that it can be known
// whether all has been taken that they have written so far.
type Tap struct {
	f    *os.File
	take func([]byte)

	mu  sync.Mutex // while there is something read and not yet taken
	buf [32 << 10]byte
}

// NewTap takes over a descriptor. take has each piece, before the next is read.
func NewTap(fd int, take func([]byte)) (*Tap, error) {
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, err
	}
	return &Tap{f: os.NewFile(uintptr(fd), "tap"), take: take}, nil
}

// File is what is read.
func (t *Tap) File() *os.File { return t.f }

// Copy reads to the end.
func (t *Tap) Copy() {
	raw, err := t.f.SyscallConn()
	for err == nil {
		readErr := raw.Read(func(fd uintptr) bool {
			_, err = t.read(int(fd))
			return err != unix.EAGAIN
		})
		if err == nil {
			err = readErr
		}
	}
}

// maxTerminal is more than a terminal holds, in bytes: 4 KiB for its reader, and on the way there
// 8 KiB and what writes bring beyond that, 20 KiB when it is full.
const maxTerminal = 64 << 10

// Drain reads what is there, and not what is written meanwhile: that may never end. open
// says that there may be more later: somebody still has the other end.
func (t *Tap) Drain() (open bool) {
	raw, err := t.f.SyscallConn()
	if err != nil {
		return false
	}
	_ = raw.Control(func(fd uintptr) {
		left, _ := unix.IoctlGetInt(int(fd), unix.TIOCINQ)
		if _, notMaster := unix.IoctlGetInt(int(fd), unix.TIOCGPTN); notMaster == nil {
			left = maxTerminal // what is on the way is not counted, and read before EAGAIN
		}
		for n := 0; err == nil && left >= 0; left -= n {
			n, err = t.read(int(fd))
		}
	})
	return err == nil || err == unix.EAGAIN
}

// read reads once, n bytes. EAGAIN says that nothing is there, io.EOF or another error that
// nothing will be.
func (t *Tap) read(fd int) (n int, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, err = unix.Read(fd, t.buf[:])
	switch {
	case err == unix.EINTR:
		return 0, nil
	case err != nil:
		return 0, err
	case n == 0:
		return 0, io.EOF
	}
	t.take(t.buf[:n])
	return n, nil
}

// Close gives it up.
func (t *Tap) Close() { t.f.Close() }
