package pipes

import (
	"io"
	"os"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

const (
	// spliceSize is how much one splice(2) may move, in bytes: as much as a pipe may
	// hold (pipe(7)).
	spliceSize = 1 << 20
	// bufferSize is what a pipe holds by default, in bytes.
	bufferSize = 64 << 10
)

// Copy copies src to dst, to its end. holding counts the copies that have taken bytes
// from src which dst does not have yet.
//
// One of the two is a pipe whose other end a container has, and to let go of that end
// takes the pipe's lock, in a sleep that no signal ends: a process that exits would
// hang, and could not be killed. So nothing here may hold the lock while it waits for
// the other file. read(2) and write(2) do not; splice(2) does, except between pipes:
// it sleeps, lock in hand, until a terminal or a socket has input, or room.
func Copy(dst, src *os.File, holding *atomic.Int32) error {
	if isPipe(dst) && isPipe(src) {
		err := splice(dst, src)
		if err != unix.EINVAL && err != unix.EAGAIN { // somebody's O_NONBLOCK
			return err
		}
	}
	buf := make([]byte, bufferSize)
	for {
		n, err := Patient{src}.Read(buf)
		if n > 0 {
			holding.Add(1)
			_, err := Patient{dst}.Write(buf[:n])
			holding.Add(-1)
			if err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func isPipe(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeNamedPipe != 0
}

// splice copies between two pipes within the kernel. EAGAIN is for one that is not
// ready and does not wait; what was copied before is not lost.
func splice(dst, src *os.File) error {
	to, err := dst.SyscallConn()
	if err != nil {
		return err
	}
	from, err := src.SyscallConn()
	if err != nil {
		return err
	}
	for {
		n, err := int64(0), error(unix.EINTR)
		controlErr := to.Control(func(w uintptr) {
			_ = from.Control(func(r uintptr) {
				for err == unix.EINTR {
					n, err = unix.Splice(int(r), nil, int(w), nil, spliceSize, unix.SPLICE_F_MOVE)
				}
			})
		})
		switch {
		case controlErr != nil:
			return controlErr
		case err != nil || n == 0:
			return err
		}
	}
}

// Unread says how many bytes wait in a pipe, 0 where that is not to be known.
func Unread(pipe *os.File) int {
	n := 0
	if raw, err := pipe.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { n, _ = unix.IoctlGetInt(int(fd), unix.TIOCINQ) })
	}
	return n
}
