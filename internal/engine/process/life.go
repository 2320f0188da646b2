package process

import (
	"context"
	"os"
	"syscall"
	"time"

	"ctenv/internal/engine"
	"ctenv/internal/streams"
	"ctenv/internal/tty"
)

// endGrace is how long a command may go on that is of no use any more: the reader of its output
// has gone, or nobody would know of it.
const endGrace = time.Second

// process is what runs for the caller: a container, or a command that has joined one.
type process interface {
	signal(ctx context.Context, sig syscall.Signal)
	// resize gives its terminal a size.
	resize(ctx context.Context, rows, cols uint16) error
	// input copies in to it, to the end of in or its own, and says whether the keys to
	// detach were typed.
	input(in *os.File, keys streams.DetachKeys) (detached bool)
	// leave has it go on without the caller, and says so.
	leave() string
	// finish returns its exit code when what it has written is there: it has ended.
	finish(ctx context.Context, end engine.Outcome) (code int, err error)
}

// life is what the caller has to do with a process, from its start to its end.
type life struct {
	p      process
	s      streams.Streams
	sigs   *tty.Signals
	term   *tty.Terminal // nil without a terminal in the container
	size   tty.Size      // that the container's has from the start
	keys   streams.DetachKeys
	left   chan struct{} // closed when the user detaches
	failed chan error    // the first output that could not be written
}

func newLife(p process, s streams.Streams, sigs *tty.Signals, term *tty.Terminal) *life {
	return &life{p: p, s: s, sigs: sigs, term: term, left: make(chan struct{}), failed: make(chan error, 1)}
}

// rawForStart has the keys be nobody's but the command's, and those that are signals this
// process's until it has started.
func (l *life) rawForStart() error {
	if l.term == nil {
		return nil
	}
	if err := l.term.RawForStart(); err != nil {
		return &engine.Error{Msg: "cannot set the terminal to raw mode", Err: err}
	}
	return nil
}

// begin is for a process that has started: signals, sizes and input are its own.
func (l *life) begin(ctx context.Context, stdin bool) {
	l.sigs.Begun(func(sig syscall.Signal) { l.p.signal(ctx, sig) })
	if l.term != nil {
		_ = l.term.Raw()
		if !l.term.Follow(ctx, l.size, func(rows, cols uint16) error { return l.p.resize(ctx, rows, cols) }) {
			l.s.Verbosef("the container's terminal does not take a size")
		}
	}
	if !stdin {
		return
	}
	// Nobody waits for this: reading may last longer than the process.
	go func() {
		if tty.AwaitForeground(ctx, l.s.In) != nil {
			return
		}
		if l.term != nil {
			_ = l.term.Raw()
		}
		if l.p.input(l.s.In, l.keys) {
			close(l.left)
		}
	}()
}

// stay returns when the process has ended and its output is written, or when the user
// detaches.
func (l *life) stay(ctx context.Context, ended <-chan engine.Outcome) (code int, err error) {
	var broken error // what kept the output from being written
	for {
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-l.left:
			l.term.Restore()
			l.s.Sayf("detached; %s", l.p.leave())
			return 0, nil
		case broken = <-l.failed:
			l.endBy(ctx, syscall.SIGPIPE) // as the kernel would have
		case end := <-ended:
			l.sigs.Over()
			if code, err = l.p.finish(ctx, end); err != nil {
				return code, err
			}
			select {
			case broken = <-l.failed:
			default:
			}
			switch {
			case broken == nil:
				return code, nil
			case streams.ReaderGone(broken):
				return 128 + int(syscall.SIGPIPE), nil
			}
			return 0, &engine.Error{Msg: "cannot write the output", Err: broken}
		}
	}
}

// endBy ends a process that is of no use to anybody by sig. One that goes on all the same is
// killed.
func (l *life) endBy(ctx context.Context, sig syscall.Signal) {
	go func() {
		l.p.signal(ctx, sig)
		if engine.Sleep(ctx, endGrace) == nil {
			l.p.signal(ctx, syscall.SIGKILL)
		}
	}()
}
