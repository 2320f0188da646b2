package tty

import (
	"context"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// A size that is on its way when the terminal changes must not arrive last.
func TestFollowKeepsTheNewestSize(t *testing.T) {
	keyboard, screen, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer keyboard.Close()
	defer screen.Close()
	resized := func(rows, cols uint16) {
		if err := pty.Setsize(keyboard, &pty.Winsize{Rows: rows, Cols: cols}); err != nil {
			t.Fatal(err)
		}
	}
	resized(24, 80)

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	arrived := make(chan uint16, 2)
	first := true
	New(screen, screen, screen).Follow(ctx, Size{}, func(rows, _ uint16) error {
		if first {
			first = false
			resized(43, 132)
			if err := syscall.Kill(syscall.Getpid(), syscall.SIGWINCH); err != nil {
				t.Error(err)
			}
			// A slow engine: time enough for the second to overtake.
			time.Sleep(100 * time.Millisecond)
		}
		arrived <- rows
		return nil
	})
	if a, b := <-arrived, <-arrived; a != 24 || b != 43 {
		t.Errorf("heights %d, then %d, not 24, then 43", a, b)
	}
}

// TestFollowSameSize: what the container's terminal has already is not said again.
func TestFollowSameSize(t *testing.T) {
	keyboard, screen, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer keyboard.Close()
	defer screen.Close()
	if err := pty.Setsize(keyboard, &pty.Winsize{Rows: 24, Cols: 80}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	said := make(chan Size, 8)
	if !New(screen, screen, screen).Follow(ctx, Size{24, 80}, func(rows, cols uint16) error {
		said <- Size{rows, cols}
		return nil
	}) {
		t.Error("the size is not taken")
	}
	for _, sig := range []syscall.Signal{syscall.SIGWINCH, syscall.SIGCONT} {
		if err := syscall.Kill(syscall.Getpid(), sig); err != nil {
			t.Fatal(err)
		}
	}
	if err := pty.Setsize(keyboard, &pty.Winsize{Rows: 43, Cols: 132}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(syscall.Getpid(), syscall.SIGWINCH); err != nil {
		t.Fatal(err)
	}
	if got := <-said; got != (Size{43, 132}) {
		t.Errorf("said %+v", got)
	}
}
