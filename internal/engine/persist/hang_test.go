package persist

import (
	"context"
	"slices"
	"syscall"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"ctenv/internal/engine/fakeengine"
	"ctenv/internal/join"
	"ctenv/internal/streams"
	"ctenv/internal/tty"
)

func TestExecOnAnEngineThatHangs(t *testing.T) {
	const start = "POST /exec/" + execID + "/start"
	exec := func(t *testing.T, tty bool, s streams.Streams, early string, act play) (*fakeengine.Fake, <-chan fakeengine.Result) {
		f, h := stayFake(t, map[string][]fakeengine.Answer{"GET /containers/json": {listed("running")}}, early, act)
		e := connect(t, h)
		x := command()
		x.TTY, x.OpenStdin = tty, true
		return f, fakeengine.Go(func() (int, error) {
			return Wanted{e, stayPlan(), nil, s}.Exec(context.Background(), x, func(Container, bool) {})
		})
	}

	t.Run("start", func(t *testing.T) {
		f, done := exec(t, false, fakeengine.Streams(t, "").Streams, fakeengine.Stuck.Body, noRelay)
		f.Await(t, start, 1)
		fakeengine.Interrupt(t, syscall.SIGTERM)
		fakeengine.Ends(t, done, 143)
	})

	// Nobody reads the keys yet: they have to be signals. Of a container that is ready the
	// first is the command's.
	for name, ready := range map[string]bool{"set-up": false, "the command": true} {
		t.Run(name, func(t *testing.T) {
			keyboard, screen, err := pty.Open()
			if err != nil {
				t.Fatal(err)
			}
			defer keyboard.Close()
			defer screen.Close()
			before, err := unix.IoctlGetTermios(int(screen.Fd()), tty.GetModes)
			if err != nil {
				t.Fatal(err)
			}
			s := fakeengine.Streams(t, "").Streams
			s.In = screen
			wants := make(chan struct{})
			_, done := exec(t, true, s, "", func(t *testing.T, link *join.Stream) {
				asked(t, link, ready)
				close(wants)
				_, _ = link.Receive()
			})
			<-wants
			if modes, err := unix.IoctlGetTermios(int(screen.Fd()), tty.GetModes); err != nil || modes.Lflag&unix.ISIG == 0 || modes.Lflag&unix.ICANON != 0 {
				t.Errorf("modes %+v, %v: want raw ones in which keys are signals", modes, err)
			}
			if ready {
				fakeengine.Interrupt(t, syscall.SIGINT)
			}
			fakeengine.Interrupt(t, syscall.SIGTERM)
			fakeengine.Ends(t, done, 143)
			if after, err := unix.IoctlGetTermios(int(screen.Fd()), tty.GetModes); err != nil || *after != *before {
				t.Errorf("modes %+v, %v, want %+v", after, err, before)
			}
		})
	}

	t.Run("signals", func(t *testing.T) {
		s := fakeengine.Streams(t, "")
		s.In = fakeengine.OpenInput(t)
		passed := make(chan struct{}, 64)
		greeted := make(chan struct{})
		_, done := exec(t, false, s.Streams, "", func(t *testing.T, link *join.Stream) {
			asked(t, link, true)
			close(greeted)
			_ = link.Send(join.KindBegun, nil)
			for {
				f, err := link.Receive()
				if err != nil {
					return
				}
				if f.Kind == join.KindSignal || f.Kind == join.KindGroup { // as in a terminal
					passed <- struct{}{}
				}
			}
		})
		<-greeted
		fakeengine.Interrupt(t, syscall.SIGINT)
		<-passed
		fakeengine.Interrupt(t, syscall.SIGTERM)
		fakeengine.Interrupt(t, syscall.SIGINT)
		fakeengine.Ends(t, done, 130)
	})
}

// TestStartGivenUp: a container whose set-up does not end at a signal is removed at the third.
func TestStartGivenUp(t *testing.T) {
	const kill = "POST /containers/" + fakeengine.ID + "/kill"
	greeted := make(chan struct{})
	f, h := stayFake(t, map[string][]fakeengine.Answer{kill: {fakeengine.Stuck}}, "", func(t *testing.T, link *join.Stream) {
		asked(t, link, false)
		close(greeted)
		_, _ = link.Receive()
	})
	e := connect(t, h)
	done := fakeengine.Go(func() (int, error) {
		_, _, code, err := Wanted{e, stayPlan(), nil, fakeengine.Streams(t, "").Streams}.Start(context.Background())
		return code, err
	})
	<-greeted
	fakeengine.Interrupt(t, syscall.SIGINT)
	f.Await(t, kill, 1)
	fakeengine.Interrupt(t, syscall.SIGTERM)
	fakeengine.Interrupt(t, syscall.SIGINT)
	fakeengine.Ends(t, done, 130)
	if !slices.Contains(f.Calls(), "DELETE /containers/"+fakeengine.ID) {
		t.Errorf("the container is left behind: %q", f.Calls())
	}
}
