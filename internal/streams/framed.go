package streams

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"ctenv/internal/join"
	"ctenv/internal/pipes"
)

// Carrier moves the standard streams of a command that joins: as pipes and the
// master of a terminal where descriptors travel, else in frames.
type Carrier interface {
	// Prepare says which streams go along with a request, and gives their other ends.
	Prepare(stdin bool) (targets []int, files []*os.File, err error)
	// Begin starts the copies of the outputs, once the request has been sent. What
	// cannot be written is an *OutputError.
	Begin()
	// Terminal takes over the master of the command's terminal.
	Terminal(master *os.File) error
	// Input copies in to the command, to its end, and says whether the keys to detach
	// were typed.
	Input(in *os.File, keys DetachKeys) (detached bool)
	// Take has a frame that is a stream's.
	Take(f join.Frame) error
	Resize(rows, cols uint16) error
	// Finish returns when what the command has written is: the command has ended. Its only
	// error is that of ctx.
	Finish(ctx context.Context) error
	Close()
}

// framed carries the streams in frames.
type framed struct {
	link join.Link
	s    Streams
	tty  bool
	errs chan<- error

	mu     sync.Mutex
	room   int // how much input may be sent
	more   *sync.Cond
	closed bool
	broken [3]bool
}

// NewFramed carries them by a link over which no descriptors travel. failed, which
// has room for one, gets the first output that could not be written.
func NewFramed(link join.Link, s Streams, tty bool, failed chan<- error) Carrier {
	f := &framed{link: link, s: s, tty: tty, errs: failed, room: join.Window}
	f.more = sync.NewCond(&f.mu)
	return f
}

func (f *framed) Prepare(stdin bool) ([]int, []*os.File, error) {
	if stdin {
		return []int{0, 1, 2}, nil, nil
	}
	return []int{1, 2}, nil, nil
}

func (f *framed) Begin()                       {}
func (f *framed) Finish(context.Context) error { return nil }
func (f *framed) Terminal(master *os.File) error {
	if master != nil {
		return errors.New("no descriptors travel here")
	}
	return nil
}

func (f *framed) Resize(rows, cols uint16) error {
	return f.link.Send(join.KindSize, join.Size(rows, cols))
}

func (f *framed) Input(in *os.File, keys DetachKeys) bool {
	if f.tty {
		return TypeInto(f, in, keys)
	}
	_, _ = io.Copy(f, pipes.Patient{File: in})
	_ = f.link.Send(join.KindInput, nil)
	return false
}

// Write sends input, as much as the command takes.
func (f *framed) Write(b []byte) (sent int, err error) {
	for sent < len(b) {
		n := f.reserve(min(len(b)-sent, join.MaxData))
		if n == 0 {
			return sent, io.ErrClosedPipe
		}
		if err := f.link.Send(join.KindInput, b[sent:sent+n]); err != nil {
			return sent, err
		}
		sent += n
	}
	return sent, nil
}

// reserve waits for room for some of n bytes.
func (f *framed) reserve(n int) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.room == 0 && !f.closed {
		f.more.Wait()
	}
	if f.closed {
		return 0
	}
	n = min(n, f.room)
	f.room -= n
	return n
}

func (f *framed) Take(frame join.Frame) error {
	to, number := f.s.Out, byte(1)
	switch frame.Kind {
	case join.KindCredit:
		n, err := frame.Number()
		f.mu.Lock()
		f.room = min(f.room+n, join.Window)
		f.mu.Unlock()
		f.more.Signal()
		return err
	case join.KindErr:
		to, number = f.s.Err, 2
	case join.KindOut:
	default:
		return errors.New("it is no stream's")
	}
	if f.broken[number] {
		return nil
	}
	_, err := pipes.Patient{File: to}.Write(frame.Payload)
	switch {
	case err == nil:
		return nil
	case ReaderGone(err) && !f.tty:
		// The command is told as the kernel would have.
		f.broken[number] = true
		return f.link.Send(join.KindClose, []byte{number})
	}
	f.broken[number] = true
	Report(f.errs, &OutputError{err})
	return nil
}

func (f *framed) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	f.more.Broadcast()
}

// Report passes on the first failure to write, an *OutputError; any other error is none.
func Report(failed chan<- error, err error) {
	if !errors.As(err, new(*OutputError)) {
		return
	}
	select {
	case failed <- err:
	default:
	}
}

// endQuiet is how long an output that somebody holds has to be silent after the
// command's end. What the command itself has written is there by then.
const endQuiet = 100 * time.Millisecond

// IdlePoll is how often that is looked at.
const IdlePoll = 50 * time.Millisecond
