package join

import (
	"bufio"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Conn is a Link over a Unix socket, on which descriptors travel. It does without
// package net, which would make ctenv-init a fifth larger.
type Conn struct {
	f    *os.File
	r    *bufio.Reader
	got  []int // descriptors that have come and belong to no frame yet
	turn sync.Mutex
}

// NewConn takes over a socket that does not block.
func NewConn(fd int) *Conn {
	c := &Conn{f: os.NewFile(uintptr(fd), "join")}
	c.r = bufio.NewReaderSize(reader{c}, MaxData)
	return c
}

// Dial connects to a socket by its path, or its abstract name (unix(7)) behind an @.
// It does not wait: a socket that nobody takes from is refused.
func Dial(name string) (*Conn, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	if err := unix.Connect(fd, &unix.SockaddrUnix{Name: name}); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return NewConn(fd), nil
}

// Peer is the uid of who is at the other end: who connected or, for who connected,
// who made the socket listen. inside says that it is a process that this one can see: in
// a container none of another, unless they share their processes (unix(7): the pid is one
// of the reader's, or 0).
func (c *Conn) Peer() (uid int, inside bool, err error) {
	raw, err := c.f.SyscallConn()
	if err != nil {
		return 0, false, err
	}
	var peer *unix.Ucred
	controlErr := raw.Control(func(fd uintptr) {
		peer, err = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	})
	if err := errors.Join(controlErr, err); err != nil {
		return 0, false, err
	}
	return int(peer.Uid), peer.Pid != 0, nil
}

// Show sends a proof of who is at this end, before any frame.
func (c *Conn) Show(proof string) error {
	_, err := io.WriteString(c.f, proof)
	return err
}

// proofGrace is how long the other end may take to show who it is.
const proofGrace = 30 * time.Second

// Shown reads what the other end shows, and says that it is proof.
func (c *Conn) Shown(proof string) error { return c.shown(proof, proofGrace) }

func (c *Conn) shown(proof string, grace time.Duration) error {
	got := make([]byte, len(proof))
	err := c.f.SetReadDeadline(time.Now().Add(grace))
	if err == nil {
		_, err = io.ReadFull(c.r, got)
	}
	if err = errors.Join(err, c.f.SetReadDeadline(time.Time{})); err != nil {
		return err
	}
	if subtle.ConstantTimeCompare(got, []byte(proof)) == 0 {
		return errors.New("it does not know the word")
	}
	return nil
}

// Send implements Link. The caller closes files.
func (c *Conn) Send(kind Kind, payload []byte, files ...*os.File) error {
	h, err := header(kind, len(payload), len(files))
	if err != nil {
		return err
	}
	raw, err := c.f.SyscallConn()
	if err != nil {
		return err
	}
	var rights []byte
	if len(files) > 0 {
		var fds []int
		for _, file := range files {
			fds = append(fds, rawFD(file))
		}
		rights = unix.UnixRights(fds...)
	}
	c.turn.Lock()
	defer c.turn.Unlock()
	for data := append(h[:], payload...); len(data) > 0; {
		n := 0
		writeErr := raw.Write(func(fd uintptr) bool {
			n, err = unix.SendmsgN(int(fd), data, rights, nil, unix.MSG_NOSIGNAL)
			return err != unix.EAGAIN
		})
		if err == unix.EINTR {
			continue
		}
		if err := errors.Join(writeErr, err); err != nil {
			return err
		}
		data, rights = data[n:], nil
	}
	return nil
}

// rawFD is a file's descriptor. The Fd method would make it one that blocks.
func rawFD(f *os.File) (fd int) {
	fd = -1
	if raw, err := f.SyscallConn(); err == nil {
		_ = raw.Control(func(n uintptr) { fd = int(n) })
	}
	return fd
}

// Receive implements Link.
func (c *Conn) Receive() (Frame, error) {
	f, n, err := receive(c.r)
	if err != nil {
		return f, err
	}
	if n > len(c.got) {
		return f, fmt.Errorf("%d of the %d descriptors of a frame are missing", n-len(c.got), n)
	}
	for _, fd := range c.got[:n] {
		f.Files = append(f.Files, os.NewFile(uintptr(fd), "joined"))
	}
	c.got = c.got[n:]
	return f, nil
}

// reader reads the bytes of a Conn, and keeps the descriptors.
type reader struct{ c *Conn }

func (r reader) Read(b []byte) (n int, err error) {
	raw, err := r.c.f.SyscallConn()
	if err != nil {
		return 0, err
	}
	rights := make([]byte, unix.CmsgSpace(4*(MaxFiles+1)))
	oobn, flags := 0, 0
	readErr := raw.Read(func(fd uintptr) bool {
		for err = unix.EINTR; err == unix.EINTR; {
			n, oobn, flags, _, err = unix.Recvmsg(int(fd), b, rights, unix.MSG_CMSG_CLOEXEC)
		}
		return err != unix.EAGAIN
	})
	if err := errors.Join(readErr, err); err != nil {
		return 0, err
	}
	if oobn > 0 {
		messages, err := unix.ParseSocketControlMessage(rights[:oobn])
		if err != nil {
			return 0, err
		}
		for i := range messages {
			fds, err := unix.ParseUnixRights(&messages[i])
			if err != nil {
				return 0, err
			}
			r.c.got = append(r.c.got, fds...)
		}
	}
	if flags&unix.MSG_CTRUNC != 0 || len(r.c.got) > MaxFiles {
		return 0, errors.New("more descriptors have come than can belong to a frame")
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// Close implements Link.
func (c *Conn) Close() error { return c.f.Close() }

// Forget closes the descriptors that have come and belong to no frame. It is for who
// receives no more.
func (c *Conn) Forget() {
	for _, fd := range c.got {
		unix.Close(fd)
	}
	c.got = nil
}

// Accept takes the next client of a listening socket that does not block.
func Accept(listener *os.File) (*Conn, error) {
	raw, err := listener.SyscallConn()
	if err != nil {
		return nil, err
	}
	client := -1
	readErr := raw.Read(func(fd uintptr) bool {
		for err = unix.EINTR; err == unix.EINTR || err == unix.ECONNABORTED; {
			client, _, err = unix.Accept4(int(fd), unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
		}
		return err != unix.EAGAIN
	})
	if err := errors.Join(readErr, err); err != nil {
		return nil, err
	}
	return NewConn(client), nil
}

// Listen makes a socket by its path, or its abstract name behind an @.
func Listen(name string) (*os.File, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	err = unix.Bind(fd, &unix.SockaddrUnix{Name: name})
	if err == nil {
		err = unix.Listen(fd, unix.SOMAXCONN)
	}
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), "join listener"), nil
}
