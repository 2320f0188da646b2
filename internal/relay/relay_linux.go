//go:build linux

// Package relay is how commands join a container from inside, for one who is not on its
// machine: it is a client of the server there, and carries the protocol over its stdin and
// stdout.
package relay

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"ctenv/internal/join"
	"ctenv/internal/pipes"
	"ctenv/internal/wire"
)

const (
	// grace is how long a relay waits for a server that has just started.
	grace = 30 * time.Second
	poll  = 10 * time.Millisecond
	// farewell is for the other side to read the last frame and go.
	farewell = 2 * time.Second
)

// relay is a client of the server for one who is not on this machine: it carries the
// frames over its own stdin and stdout, and the command's streams in some of them.
type relay struct {
	host   *join.Stream
	server *join.Conn

	mu      sync.Mutex
	to      *os.File // stdin's pipe, or the terminal's master
	outputs [3]*pipes.Tap
	input   [][]byte // what to has not taken yet; an empty one is the end
	waiting int      // how many bytes that is
	more    *sync.Cond
}

// Run joins the server that has the same word, and runs to the end of what the other side
// has asked for.
func Run(s *wire.Serve) error {
	server, err := Dial(s)
	if err != nil {
		return err
	}
	defer server.Close()
	r := &relay{host: join.NewStream(os.Stdin, os.Stdout, os.Stdin), server: server}
	r.more = sync.NewCond(&r.mu)
	if err := r.begin(); err != nil {
		return err
	}
	hostGone := make(chan struct{})
	go func() {
		defer close(hostGone)
		r.fromHost()
	}()
	go r.feed()
	err = r.fromServer()
	server.Close()
	// An engine that has input left for a process that has ended drops output of it.
	select {
	case <-hostGone:
	case <-time.After(farewell):
	}
	return err
}

// Dial connects to the server, which has to be root's, and in this container.
func Dial(s *wire.Serve) (*join.Conn, error) {
	for late := time.Now().Add(grace); ; time.Sleep(poll) {
		conn, err := join.Dial(s.Socket())
		if err == nil {
			if err := known(conn, s); err != nil {
				conn.Close()
				return nil, fmt.Errorf("who answers is not root of this container: %w", err)
			}
			return conn, nil
		}
		if time.Now().After(late) {
			return nil, err
		}
	}
}

// known tells the server who is there, and learns who it is. The uid is looked at first: the
// user's processes get no proof.
func known(conn *join.Conn, s *wire.Serve) error {
	uid, inside, err := conn.Peer()
	if err != nil {
		return err
	}
	if uid != 0 || !inside {
		return fmt.Errorf("it is uid %d", uid)
	}
	if err := conn.Show(s.RelayProof()); err != nil {
		return err
	}
	return conn.Shown(s.ServerProof())
}

// begin passes the greeting and the request on, with pipes for the streams.
func (r *relay) begin() error {
	hello, err := r.server.Receive()
	if err != nil {
		return err
	}
	if err := r.host.Send(hello.Kind, hello.Payload); err != nil {
		return err
	}
	f, err := r.host.Receive()
	if err != nil {
		return err
	}
	var req struct {
		Streams []int `json:"streams"`
	}
	if err := json.Unmarshal(f.Payload, &req); err != nil {
		return err
	}
	var theirs []*os.File
	defer func() {
		for _, end := range theirs {
			end.Close()
		}
	}()
	for _, n := range req.Streams {
		end, err := r.pipe(n)
		if err != nil {
			return err
		}
		theirs = append(theirs, end)
	}
	if err := r.server.Send(f.Kind, f.Payload, theirs...); err != nil {
		return err
	}
	for _, out := range r.outputs {
		if out != nil {
			go out.Copy()
		}
	}
	return nil
}

// pipe makes a pipe for a stream, and returns the command's end.
func (r *relay) pipe(n int) (*os.File, error) {
	if n < 0 || n > 2 || r.outputs[n] != nil || n == 0 && r.to != nil {
		return nil, fmt.Errorf("stream %d is none, or is there twice", n)
	}
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
		return nil, err
	}
	if n == 0 {
		r.to = os.NewFile(uintptr(p[1]), "stdin")
		return os.NewFile(uintptr(p[0]), "stdin"), nil
	}
	return os.NewFile(uintptr(p[1]), "output"), r.tap(n, p[0])
}

// tap sends what comes from a descriptor as output n.
func (r *relay) tap(n, fd int) error {
	kind := join.KindOut
	if n == 2 {
		kind = join.KindErr
	}
	out, err := pipes.NewTap(fd, func(b []byte) { _ = r.host.Send(kind, b) })
	r.mu.Lock()
	defer r.mu.Unlock()
	r.outputs[n] = out
	return err
}

// fromHost does what the other side says, until it has gone.
func (r *relay) fromHost() {
	defer r.server.Close() // which hangs up on the command
	for {
		f, err := r.host.Receive()
		if err != nil {
			return
		}
		switch f.Kind {
		case join.KindSignal, join.KindGroup, join.KindLeave:
			err = r.server.Send(f.Kind, f.Payload)
		case join.KindInput:
			err = r.take(f.Payload)
		case join.KindSize:
			if rows, cols, sizeErr := f.Size(); sizeErr == nil {
				r.resize(rows, cols)
			}
		case join.KindClose:
			if n, byteErr := f.Byte(); byteErr == nil && r.output(n) != nil {
				r.output(n).Close()
			}
		}
		if err != nil {
			r.server.Close()
		}
	}
}

func (r *relay) output(n int) *pipes.Tap {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.outputs[n]
}

// take queues input. The other side knows how much it may send.
func (r *relay) take(b []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.waiting += len(b); r.waiting > join.Window {
		return errors.New("more input than there is room for")
	}
	r.input = append(r.input, b)
	r.more.Signal()
	return nil
}

// next is the input's next piece.
func (r *relay) next() ([]byte, *os.File) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.input) == 0 || r.to == nil {
		r.more.Wait()
	}
	b := r.input[0]
	r.input = r.input[1:]
	return b, r.to
}

// feed writes the input, and says how much has been taken.
func (r *relay) feed() {
	for {
		b, to := r.next()
		if len(b) == 0 {
			to.Close()
			return
		}
		// What a command that has ended does not read counts as taken.
		_, _ = to.Write(b)
		r.mu.Lock()
		r.waiting -= len(b)
		r.mu.Unlock()
		if r.host.Send(join.KindCredit, join.Number(len(b))) != nil {
			return
		}
	}
}

func (r *relay) stdin() *os.File {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.to
}

func (r *relay) resize(rows, cols uint16) {
	if to := r.stdin(); to != nil {
		if raw, err := to.SyscallConn(); err == nil {
			_ = raw.Control(func(fd uintptr) {
				_ = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: rows, Col: cols})
			})
		}
	}
}

// fromServer passes on what the server says, to the end.
func (r *relay) fromServer() error {
	for {
		f, err := r.server.Receive()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch f.Kind {
		case join.KindTerminal:
			if len(f.Files) != 1 {
				f.Close()
				return errors.New("a terminal without a descriptor")
			}
			if err := r.terminal(f.Files[0]); err != nil {
				return err
			}
		case join.KindEnd:
			// All that the command has written comes before its end.
			for n := range r.outputs {
				if out := r.output(n); out != nil {
					out.Drain()
				}
			}
		}
		if r.host.Send(f.Kind, f.Payload) != nil || f.Kind == join.KindEnd || f.Kind == join.KindAnswer {
			return nil
		}
	}
}

// terminal takes over the master of the command's terminal.
func (r *relay) terminal(master *os.File) error {
	r.mu.Lock()
	r.to = master
	r.more.Signal()
	r.mu.Unlock()
	var fd int
	raw, err := master.SyscallConn()
	if err == nil {
		controlErr := raw.Control(func(n uintptr) { fd, err = unix.FcntlInt(n, unix.F_DUPFD_CLOEXEC, 3) })
		err = errors.Join(controlErr, err)
	}
	if err == nil {
		err = r.tap(1, fd)
	}
	if err == nil {
		go r.output(1).Copy()
	}
	return err
}
