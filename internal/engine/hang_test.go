package engine

import (
	"context"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"ctenv/internal/plan"
	"ctenv/internal/wire"
)

// result is what a run returns.
type result struct {
	code int
	err  error
}

// ends waits for a run that signals have to end.
func ends(t *testing.T, done <-chan result, code int) {
	t.Helper()
	select {
	case r := <-done:
		if r.code != code || r.err != nil {
			t.Errorf("got %d, %v, want %d", r.code, r.err, code)
		}
	case <-time.After(5 * time.Second):
		t.Error("it goes on")
	}
}

func interrupt(t *testing.T, sig syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(os.Getpid(), sig); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond) // two at once arrive in any order
}

// openInput has a command wait for input.
func openInput(t *testing.T) *os.File {
	in, end, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); end.Close() })
	return in
}

// A terminal's signals have to end a run on an engine that hangs, when it attaches and
// when it passes them on.
func TestRunOnAnEngineThatHangs(t *testing.T) {
	const attach, start, kill = "POST /containers/" + id + "/attach", "POST /containers/" + id + "/start", "POST /containers/" + id + "/kill"
	p := plan.Plan{Image: "busybox", Name: "box", OpenStdin: true, Request: request()}

	t.Run("attach", func(t *testing.T) {
		f, h := stayFake(t, nil, stuck.body)
		e := connect(t, h)
		done := make(chan result, 1)
		go func() {
			code, err := e.Run(context.Background(), p, streams(t, "").Streams)
			done <- result{code, err}
		}()
		f.await(t, attach, 1)
		interrupt(t, syscall.SIGINT)
		ends(t, done, 130)
		if !slices.Contains(f.calls, "DELETE /containers/"+id) {
			t.Errorf("the container is left behind: %q", f.calls)
		}
	})

	t.Run("kill", func(t *testing.T) {
		f := newFake(map[string][]answer{kill: {stuck}})
		e := connect(t, f)
		s := streams(t, "")
		s.In = openInput(t)
		done := make(chan result, 1)
		go func() {
			code, err := e.Run(context.Background(), p, s.Streams)
			done <- result{code, err}
		}()
		f.await(t, start, 1)
		interrupt(t, syscall.SIGINT)
		f.await(t, kill, 1)
		interrupt(t, syscall.SIGTERM)
		interrupt(t, syscall.SIGINT)
		ends(t, done, 130)
		if want := "given up; container box may still be there, `ctenv list` shows it"; !slices.Contains(s.lines, want) {
			t.Errorf("said %q, want %q", s.lines, want)
		}
	})
}

func TestExecOnAnEngineThatHangs(t *testing.T) {
	const start, resize = "POST /exec/" + execID + "/start", "POST /exec/" + execID + "/resize"
	exec := func(t *testing.T, tty bool, s Streams, attached ...string) (*fake, <-chan result) {
		f, h := stayFake(t, map[string][]answer{"GET /containers/json": {listed("running")}, resize: {stuck}}, attached...)
		e := connect(t, h)
		x := stayPlan().Enter(NewSession())
		x.Request.Command, x.Detach, x.TTY, x.OpenStdin = wire.Command{Kind: wire.CommandArgv}, false, tty, true
		done := make(chan result, 1)
		go func() {
			code, err := e.Exec(context.Background(), stayPlan(), x, nil, s, func(Staying, bool) {})
			done <- result{code, err}
		}()
		return f, done
	}

	// Nobody reads the keys yet: they have to be signals.
	for name, c := range map[string]struct{ stream, call string }{
		"start":                     {stuck.body, start},
		"start, behind the streams": {"…", resize},
	} {
		t.Run(name, func(t *testing.T) {
			keyboard, screen, err := pty.Open()
			if err != nil {
				t.Fatal(err)
			}
			defer keyboard.Close()
			defer screen.Close()
			before, err := unix.IoctlGetTermios(int(screen.Fd()), getModes)
			if err != nil {
				t.Fatal(err)
			}
			s := streams(t, "").Streams
			s.In = screen
			if err := pty.Setsize(keyboard, &pty.Winsize{Cols: 80, Rows: 24}); err != nil {
				t.Fatal(err)
			}
			f, done := exec(t, true, s, c.stream)
			f.await(t, c.call, 1)
			if modes, err := unix.IoctlGetTermios(int(screen.Fd()), getModes); err != nil || modes.Lflag&unix.ISIG == 0 || modes.Lflag&unix.ICANON != 0 {
				t.Errorf("modes %+v, %v: want raw ones in which keys are signals", modes, err)
			}
			interrupt(t, syscall.SIGINT)
			interrupt(t, syscall.SIGTERM)
			ends(t, done, 143)
			if after, err := unix.IoctlGetTermios(int(screen.Fd()), getModes); err != nil || *after != *before {
				t.Errorf("modes %+v, %v, want %+v", after, err, before)
			}
		})
	}

	t.Run("signals", func(t *testing.T) {
		s := streams(t, "")
		s.In = openInput(t)
		f, done := exec(t, false, s.Streams, "…", stuck.body)
		f.await(t, start, 1)
		interrupt(t, syscall.SIGINT)
		f.await(t, start, 2) // the watch
		interrupt(t, syscall.SIGTERM)
		interrupt(t, syscall.SIGINT)
		ends(t, done, 130)
		if said := strings.Join(s.lines, "\n"); !strings.Contains(said, "given up; the command may still be there, in container box") {
			t.Errorf("said %q", said)
		}
	})
}
