// Package tty is the caller's terminal and the signals of this process while a command
// runs somewhere else.
package tty

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/moby/term"
	"golang.org/x/sys/unix"
)

// Terminal is the caller's terminal during a run.
type Terminal struct {
	in *os.File // where the modes are set; nil when stdin is no terminal
	// size is where the size is read; nil when no stream is a terminal.
	size *os.File

	mu    sync.Mutex
	saved *term.State // the modes before raw mode, nil before that
	// Restore gives the terminal back its modes, once.
	Restore func()
}

// New finds the terminal among the caller's streams.
func New(in, out, errOut *os.File) *Terminal {
	t := &Terminal{}
	if term.IsTerminal(in.Fd()) {
		t.in = in
	}
	for _, f := range []*os.File{out, in, errOut} {
		if t.size == nil && term.IsTerminal(f.Fd()) {
			t.size = f
		}
	}
	t.Restore = sync.OnceFunc(func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.saved != nil {
			_ = term.RestoreTerminal(t.in.Fd(), t.saved)
		}
		t.in = nil
	})
	return t
}

// Raw sets raw mode, in which every key goes to the container. It does nothing
// where stdin is no terminal, in a background job, and after restore.
func (t *Terminal) Raw() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.in == nil || InBackground(t.in) {
		return nil
	}
	before, err := term.SetRawTerminal(t.in.Fd())
	if err == nil && t.saved == nil {
		t.saved = before
	}
	return err
}

// RawForStart is raw mode in which Ctrl-C and its like are signals to this process:
// nobody reads the keys before the container has started, and an engine can hang
// in that.
func (t *Terminal) RawForStart() error {
	if err := t.Raw(); err != nil {
		return err
	}
	return t.change(func(modes *unix.Termios) { modes.Lflag |= unix.ISIG })
}

// Lines has a newline of ours begin a line in raw mode too.
func (t *Terminal) Lines() {
	_ = t.change(func(modes *unix.Termios) { modes.Oflag |= unix.OPOST })
}

// change edits the modes of a terminal in raw mode.
func (t *Terminal) change(edit func(*unix.Termios)) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.in == nil || t.saved == nil || InBackground(t.in) {
		return nil
	}
	modes, err := unix.IoctlGetTermios(int(t.in.Fd()), GetModes)
	if err != nil {
		return err
	}
	edit(modes)
	return unix.IoctlSetTermios(int(t.in.Fd()), setModes, modes)
}

// Size returns rows and columns, zero where they are unknown.
func (t *Terminal) Size() (rows, cols uint16) {
	if t.size == nil {
		return 0, 0
	}
	ws, err := term.GetWinsize(t.size.Fd())
	if err != nil {
		return 0, 0
	}
	return ws.Height, ws.Width
}

// Size is that of a terminal.
type Size struct{ Rows, Cols uint16 }

// Follow calls resize with the size of t whenever it is another one than before, the first
// time than given, until ctx ends. To say the same again is no matter of course: podman's
// terminals have each call be a change, of which the command hears by SIGWINCH.
// When this process continues after it was stopped, the shell has set the
// modes anew, so raw mode is set again. taken says whether the first size was taken.
func (t *Terminal) Follow(ctx context.Context, given Size, resize func(rows, cols uint16) error) (taken bool) {
	// One at a time, or an older size may arrive after a newer one and stay.
	var turn sync.Mutex
	set := func() error {
		turn.Lock()
		defer turn.Unlock()
		rows, cols := t.Size()
		now := Size{rows, cols}
		if now == given || now == (Size{}) {
			return nil
		}
		err := resize(rows, cols)
		if err == nil {
			given = now
		}
		return err
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
					_ = t.Raw()
				}
				_ = set()
			}
		}
	}()
	// The engine may report the start before the terminal takes a size.
	for range 10 {
		err := set()
		if err == nil || ctx.Err() != nil {
			return true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}

// InBackground tells whether f is the controlling terminal of a session in which
// another job is in the foreground. Reading from it then stops this process
// (termios(3), SIGTTIN).
func InBackground(f *os.File) bool {
	foreground, err := unix.IoctlGetInt(int(f.Fd()), unix.TIOCGPGRP)
	return err == nil && foreground != unix.Getpgrp()
}

// openOwn opens the controlling terminal of this process.
func openOwn() (*os.File, error) {
	return os.OpenFile("/dev/tty", os.O_RDONLY|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
}

// AwaitForeground returns when f may be read. A shell sends nothing to a running
// job that it brings to the foreground, so there is nothing to do but look.
func AwaitForeground(ctx context.Context, f *os.File) error {
	for InBackground(f) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
	return nil
}
