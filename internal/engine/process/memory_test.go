package process

import (
	"context"
	"net"
	"os"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"ctenv/internal/engine"
	"ctenv/internal/engine/fakeengine"
	"ctenv/internal/join"
	"ctenv/internal/plan"
	"ctenv/internal/tty"
)

// TestOutOfMemoryOnATerminal: what is said of a command's end is said on a terminal whose lines
// begin at the left.
func TestOutOfMemoryOnATerminal(t *testing.T) {
	keyboard, screen, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer keyboard.Close()
	defer screen.Close()
	s := fakeengine.Streams(t, "").Streams
	s.In = screen
	said := 0
	s.Warn = func(string, ...any) {
		said++
		if modes, err := unix.IoctlGetTermios(int(screen.Fd()), tty.GetModes); err != nil || modes.Oflag&unix.OPOST == 0 {
			t.Errorf("it is said in raw mode, %v", err)
		}
	}

	r := &Box{s: s, term: tty.New(screen, screen, screen)}
	if err := r.term.Raw(); err != nil {
		t.Fatal(err)
	}
	r.sayOutOfMemory(t.Context(), engine.Outcome{Code: killed, OutOfMemory: true})
	r.term.Restore()

	ours, theirs := net.Pipe()
	defer theirs.Close()
	sigs := tty.ExpectSignals()
	defer sigs.Stop()
	done := fakeengine.Go(func() (int, error) {
		en := &Entry{link: join.NewStream(ours, ours, ours), ready: true}
		code, _, err := en.Exec(context.Background(), plan.Exec{TTY: true, Request: fakeengine.Request()}, s, sigs, os.Getenv)
		return code, err
	})
	link := join.NewStream(theirs, theirs, theirs)
	_, err = link.Receive()
	end, _ := join.Encode(join.End{Code: killed, OutOfMemory: true})
	if err == nil {
		err = link.Send(join.KindBegun, nil)
	}
	if err == nil {
		err = link.Send(join.KindEnd, end)
	}
	if err != nil {
		t.Fatal(err)
	}
	fakeengine.Ends(t, done, killed)
	if said != 2 {
		t.Errorf("it was said %d times", said)
	}
}
