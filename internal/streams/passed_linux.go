package streams

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"ctenv/internal/join"
	"ctenv/internal/pipes"
)

// passed carries the streams by descriptors: the kernel does it.
type passed struct {
	*Ends
	s      Streams
	errs   chan<- error
	copies sync.WaitGroup

	mu     sync.Mutex
	master *os.File
	rows   uint16 // of a size that came before the terminal
	cols   uint16
}

// NewPassed carries them by descriptors that go along with the request. failed, which has room
// for one, gets the first output that could not be written.
func NewPassed(s Streams, failed chan<- error) Carrier {
	return &passed{Ends: &Ends{}, s: s, errs: failed}
}

func (p *passed) Prepare(stdin bool) (targets []int, files []*os.File, err error) {
	if p.Ends, err = NewEnds(stdin, p.s); err != nil {
		return nil, nil, err
	}
	for i, fd := range p.Theirs {
		targets = append(targets, int(p.Targets[i]))
		files = append(files, os.NewFile(uintptr(fd), "|"))
	}
	p.Theirs = nil
	return targets, files, nil
}

func (p *passed) Begin() {
	for i := range p.Outs {
		p.copies.Go(func() { Report(p.errs, p.CopyOutput(i)) })
	}
}

// Terminal takes nothing but the master of a pseudo-terminal: who is at the other end
// of the link may be anybody where root is who the commands run as.
func (p *passed) Terminal(master *os.File) error {
	if master == nil {
		return errors.New("a terminal without a descriptor")
	}
	var err error
	raw, controlErr := master.SyscallConn()
	if controlErr == nil {
		controlErr = raw.Control(func(fd uintptr) { _, err = unix.IoctlGetInt(int(fd), unix.TIOCGPTN) })
	}
	if err := errors.Join(controlErr, err); err != nil {
		master.Close()
		return fmt.Errorf("what came is no terminal: %w", err)
	}
	p.mu.Lock()
	p.master = master
	p.mu.Unlock()
	p.Outs = append(p.Outs, master) // to be asked what it holds
	p.copies.Go(func() {
		err := pipes.Copy(p.s.Out, master, &p.writing)
		// EIO is how a terminal ends that nobody has open any more.
		if err != nil && !errors.Is(err, unix.EIO) && !errors.Is(err, os.ErrClosed) {
			Report(p.errs, &OutputError{err})
		}
	})
	if p.rows > 0 || p.cols > 0 {
		return p.Resize(p.rows, p.cols)
	}
	return nil
}

func (p *passed) Input(in *os.File, keys DetachKeys) bool {
	p.mu.Lock()
	master := p.master
	p.mu.Unlock()
	if master != nil {
		return TypeInto(master, in, keys)
	}
	p.CopyInput(in)
	return false
}

func (p *passed) Take(f join.Frame) error { return fmt.Errorf("a frame of kind %q came", f.Kind) }

func (p *passed) Resize(rows, cols uint16) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.master == nil {
		p.rows, p.cols = rows, cols
		return nil
	}
	raw, err := p.master.SyscallConn()
	if err != nil {
		return err
	}
	controlErr := raw.Control(func(fd uintptr) {
		err = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: rows, Col: cols})
	})
	return errors.Join(controlErr, err)
}

func (p *passed) Finish(ctx context.Context) error {
	all := make(chan struct{})
	go func() {
		p.copies.Wait()
		close(all)
	}()
	for quiet := time.Duration(0); quiet < endQuiet; quiet += IdlePoll {
		select {
		case <-all:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(IdlePoll):
		}
		if p.Holds() {
			quiet = 0
		}
	}
	return nil
}

func (p *passed) Close() {
	p.CloseTheirs()
	if p.in != nil {
		_ = p.in.Close()
	}
}
