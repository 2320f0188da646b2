package engine

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/moby/term"
	"golang.org/x/sys/unix"
)

// detachKeys are the keys that leave a container running, as docker writes them
// and as bytes.
type detachKeys struct {
	text  string
	bytes []byte
}

// defaultDetachKeys are docker's.
var defaultDetachKeys = detachKeys{"ctrl-p,ctrl-q", []byte{0x10, 0x11}}

// detachKeys returns the detachKeys of docker's config.json, else the default.
func (e *Engine) detachKeys(s Streams) detachKeys {
	file, err := e.endpoint.config.file()
	if err != nil || file.DetachKeys == "" {
		return defaultDetachKeys
	}
	bytes, err := term.ToBytes(file.DetachKeys)
	if err != nil {
		s.warn("detachKeys in %q: %v", file.Filename, err)
		return defaultDetachKeys
	}
	return detachKeys{file.DetachKeys, bytes}
}

// terminal is the caller's terminal during a run.
type terminal struct {
	in *os.File // where the modes are set; nil when stdin is no terminal
	// size is where the size is read; nil when no stream is a terminal.
	size *os.File

	mu      sync.Mutex
	saved   *term.State // the modes before raw mode, nil before that
	restore func()
}

func newTerminal(s Streams) *terminal {
	t := &terminal{}
	if term.IsTerminal(s.In.Fd()) {
		t.in = s.In
	}
	for _, f := range []*os.File{s.Out, s.In, s.Err} {
		if t.size == nil && term.IsTerminal(f.Fd()) {
			t.size = f
		}
	}
	t.restore = sync.OnceFunc(func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.saved != nil {
			_ = term.RestoreTerminal(t.in.Fd(), t.saved)
		}
		t.in = nil
	})
	return t
}

// raw sets raw mode, in which every key goes to the container. It does nothing
// where stdin is no terminal, in a background job, and after restore.
func (t *terminal) raw() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.in == nil || inBackground(t.in) {
		return nil
	}
	before, err := term.SetRawTerminal(t.in.Fd())
	if err == nil && t.saved == nil {
		t.saved = before
	}
	return err
}

// rawForStart is raw mode in which Ctrl-C and its like are signals to this process:
// nobody reads the keys before the container has started, and an engine can hang
// in that.
func (t *terminal) rawForStart() error {
	if err := t.raw(); err != nil {
		return err
	}
	return t.change(func(modes *unix.Termios) { modes.Lflag |= unix.ISIG })
}

// lines has a newline of ours begin a line in raw mode too.
func (t *terminal) lines() {
	_ = t.change(func(modes *unix.Termios) { modes.Oflag |= unix.OPOST })
}

// change edits the modes of a terminal in raw mode.
func (t *terminal) change(edit func(*unix.Termios)) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.in == nil || t.saved == nil || inBackground(t.in) {
		return nil
	}
	modes, err := unix.IoctlGetTermios(int(t.in.Fd()), getModes)
	if err != nil {
		return err
	}
	edit(modes)
	return unix.IoctlSetTermios(int(t.in.Fd()), setModes, modes)
}

// winsize returns rows and columns, zero where they are unknown.
func (t *terminal) winsize() (rows, cols uint16) {
	if t.size == nil {
		return 0, 0
	}
	ws, err := term.GetWinsize(t.size.Fd())
	if err != nil {
		return 0, 0
	}
	return ws.Height, ws.Width
}

// follow calls resize with the size of t, now and whenever it changes, until ctx
// ends. When this process continues after it was stopped, the shell has set the
// modes anew, so raw mode is set again.
func (t *terminal) follow(ctx context.Context, s Streams, resize func(container.ResizeOptions) error) {
	// One at a time, or an older size may arrive after a newer one and stay.
	var turn sync.Mutex
	set := func() error {
		turn.Lock()
		defer turn.Unlock()
		rows, cols := t.winsize()
		if rows == 0 && cols == 0 {
			return nil
		}
		return resize(container.ResizeOptions{Height: uint(rows), Width: uint(cols)})
	}
	changed := make(chan os.Signal, 1)
	signal.Notify(changed, syscall.SIGWINCH, syscall.SIGCONT)
	go func() {
		defer signal.Stop(changed)
		for {
			select {
			case <-ctx.Done():
				return
			case sig := <-changed:
				if sig == syscall.SIGCONT {
					_ = t.raw()
				}
				_ = set()
			}
		}
	}()
	// The engine may report the start before the terminal takes a size.
	for range 10 {
		err := set()
		if err == nil || ctx.Err() != nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.verbose("the container's terminal does not take a size")
}

// inBackground tells whether f is the controlling terminal of a session in which
// another job is in the foreground. Reading from it then stops this process
// (termios(3), SIGTTIN).
func inBackground(f *os.File) bool {
	foreground, err := unix.IoctlGetInt(int(f.Fd()), unix.TIOCGPGRP)
	return err == nil && foreground != unix.Getpgrp()
}

// awaitForeground returns when f may be read. A shell sends nothing to a running
// job that it brings to the foreground, so there is nothing to do but look.
func awaitForeground(ctx context.Context, f *os.File) error {
	for inBackground(f) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
	return nil
}
