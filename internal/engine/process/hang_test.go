package process

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"ctenv/internal/engine/fakeengine"
	"ctenv/internal/join"
	"ctenv/internal/plan"
	"ctenv/internal/tty"
	"ctenv/internal/wire"
)

// TestJoinSlowStart: a command that the container does not get started, as where its program is
// on a file server that is away, is given up by one signal, whenever that comes.
func TestJoinSlowStart(t *testing.T) {
	defer func(d time.Duration) { slowStart = d }(slowStart)
	slowStart = 100 * time.Millisecond
	ours, theirs := net.Pipe()
	defer theirs.Close()
	s := fakeengine.Streams(t, "")
	sigs := tty.ExpectSignals()
	defer sigs.Stop()
	done := fakeengine.Go(func() (int, error) {
		en := &Entry{link: join.NewStream(ours, ours, ours), ready: true}
		code, _, err := en.Exec(context.Background(), plan.Exec{Request: fakeengine.Request()}, s.Streams, sigs, os.Getenv)
		return code, err
	})
	if f, err := join.NewStream(theirs, theirs, theirs).Receive(); err != nil || f.Kind != join.KindRequest {
		t.Fatalf("got %q, %v", f.Kind, err)
	}
	fakeengine.Interrupt(t, syscall.SIGINT)
	fakeengine.Ends(t, done, 130)
}

// TestUnanswered: a container that ends after it was said that it does not answer, whether or
// not it greets first, is none that is started anew.
func TestUnanswered(t *testing.T) {
	defer func(d time.Duration) { slowStart = d }(slowStart)
	slowStart = time.Millisecond
	for name, c := range map[string]struct{ greets, tells bool }{"without a word": {}, "after a greeting": {greets: true}, "with its end": {true, true}} {
		t.Run(name, func(t *testing.T) {
			ours, theirs := net.Pipe()
			said := make(chan struct{})
			s := fakeengine.Streams(t, "").Streams
			once := sync.OnceFunc(func() { close(said) })
			s.Say = func(string, ...any) { once() }
			go func() {
				defer theirs.Close()
				<-said
				link := join.NewStream(theirs, theirs, theirs)
				if !c.greets {
					return
				}
				hello, _ := join.Encode(join.Hello{Version: join.Version, Request: wire.Version, Ready: true, Note: "{}"})
				end, _ := join.Encode(join.End{Failed: true})
				err := link.Send(join.KindHello, hello)
				if err == nil {
					_, err = link.Receive()
				}
				if c.tells {
					err = errors.Join(err, link.Send(join.KindEnd, end))
				}
				if err != nil {
					t.Error(err)
				}
			}()
			en, err := Enter(context.Background(), join.NewStream(ours, ours, ours), false, s)
			if c.greets && err == nil {
				_, sigs, stop := tty.CatchSignals(t.Context())
				defer stop()
				_, _, err = en.Exec(context.Background(), plan.Exec{Request: fakeengine.Request()}, s, sigs, os.Getenv)
			}
			if !errors.Is(err, ErrUnanswered) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A terminal's signals have to end a run on an engine that hangs, when it attaches and
// when it passes them on.
func TestRunOnAnEngineThatHangs(t *testing.T) {
	const attach, start, kill = "POST /containers/" + fakeengine.ID + "/attach", "POST /containers/" + fakeengine.ID + "/start", "POST /containers/" + fakeengine.ID + "/kill"
	p := plan.Plan{Image: "busybox", Name: "box", OpenStdin: true, Request: fakeengine.Request()}

	t.Run("attach", func(t *testing.T) {
		f := fakeengine.New(nil)
		f.Hangs = "/attach"
		e := connect(t, f)
		done := fakeengine.Go(func() (int, error) { return Run(context.Background(), e, p, fakeengine.Streams(t, "").Streams) })
		f.Await(t, attach, 1)
		fakeengine.Interrupt(t, syscall.SIGINT)
		fakeengine.Ends(t, done, 130)
		if !slices.Contains(f.Calls(), "DELETE /containers/"+fakeengine.ID) {
			t.Errorf("the container is left behind: %q", f.Calls())
		}
	})

	// The first is the command's.
	t.Run("start", func(t *testing.T) {
		f := fakeengine.New(nil)
		f.Hangs = "/start"
		e := connect(t, f)
		done := fakeengine.Go(func() (int, error) { return Run(context.Background(), e, p, fakeengine.Streams(t, "").Streams) })
		f.Await(t, start, 1)
		fakeengine.Interrupt(t, syscall.SIGINT)
		select {
		case r := <-done:
			t.Errorf("one signal ends it: %+v", r)
		default:
		}
		fakeengine.Interrupt(t, syscall.SIGTERM)
		fakeengine.Ends(t, done, 143)
		if !slices.Contains(f.Calls(), "DELETE /containers/"+fakeengine.ID) {
			t.Errorf("the container is left behind: %q", f.Calls())
		}
	})

	t.Run("kill", func(t *testing.T) {
		f := fakeengine.New(map[string][]fakeengine.Answer{kill: {fakeengine.Stuck}})
		e := connect(t, f)
		s := fakeengine.Streams(t, "")
		s.In = fakeengine.OpenInput(t)
		done := fakeengine.Go(func() (int, error) { return Run(context.Background(), e, p, s.Streams) })
		f.Await(t, start, 1)
		fakeengine.Interrupt(t, syscall.SIGINT)
		f.Await(t, kill, 1)
		fakeengine.Interrupt(t, syscall.SIGTERM)
		fakeengine.Interrupt(t, syscall.SIGINT)
		fakeengine.Ends(t, done, 130)
		if want := "given up; container box may still be there, `ctenv list` shows it"; !slices.Contains(s.Lines, want) {
			t.Errorf("said %q, want %q", s.Lines, want)
		}
	})
}

// TestDetachedInterrupted: a signal that comes while the engine starts a detached container
// cancels the run.
func TestDetachedInterrupted(t *testing.T) {
	const start, remove = "POST /containers/" + fakeengine.ID + "/start", "DELETE /containers/" + fakeengine.ID
	f := fakeengine.New(nil)
	e := connect(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/start") {
			fakeengine.Interrupt(t, syscall.SIGINT)
			time.Sleep(100 * time.Millisecond) // until the run has taken it, too
		}
		f.ServeHTTP(w, r)
	}))
	p := plan.Plan{Image: "busybox", Name: "box", Detach: true, Request: fakeengine.Request()}
	code, err := Run(context.Background(), e, p, fakeengine.Streams(t, "").Streams)
	if calls := f.Calls(); code != 130 || err != nil || !slices.Contains(calls, start) || !slices.Contains(calls, remove) {
		t.Errorf("got %d, %v; %q", code, err, calls)
	}
}

// TestJoinDetachedInterrupted: a signal that comes while a detached command starts ends that, even
// one that does not care for it. One that asks for no end is only passed on.
func TestJoinDetachedInterrupted(t *testing.T) {
	for name, c := range map[string]struct {
		sig  syscall.Signal
		deaf bool
	}{"it ends": {sig: syscall.SIGINT}, "it goes on": {syscall.SIGINT, true}, "no end": {sig: syscall.SIGUSR1}} {
		t.Run(name, func(t *testing.T) {
			ours, theirs := net.Pipe()
			defer theirs.Close()
			s := fakeengine.Streams(t, "")
			sigs := tty.ExpectSignals()
			defer sigs.Stop()
			done := fakeengine.Go(func() (int, error) {
				en := &Entry{link: join.NewStream(ours, ours, ours), ready: true}
				code, _, err := en.Exec(context.Background(), plan.Exec{Detach: true, Request: fakeengine.Request()}, s.Streams, sigs, os.Getenv)
				return code, err
			})
			link := join.NewStream(theirs, theirs, theirs)
			if f, err := link.Receive(); err != nil || f.Kind != join.KindRequest {
				t.Fatalf("got %q, %v", f.Kind, err)
			}
			fakeengine.Interrupt(t, c.sig)
			time.Sleep(100 * time.Millisecond) // until the run has taken it, too
			if err := link.Send(join.KindBegun, nil); err != nil {
				t.Fatal(err)
			}
			want := []syscall.Signal{c.sig}
			if c.deaf {
				want = append(want, syscall.SIGKILL)
			}
			for _, sig := range want {
				f, err := link.Receive()
				if err != nil || f.Kind != join.KindSignal && f.Kind != join.KindGroup || !slices.Equal(f.Payload, []byte{byte(sig)}) {
					t.Fatalf("got %q, %v, %v, want signal %d", f.Kind, f.Payload, err, sig)
				}
			}
			if c.sig == syscall.SIGUSR1 {
				if f, err := link.Receive(); err != nil || f.Kind != join.KindLeave {
					t.Fatalf("got %q, %v, %v, want a leave", f.Kind, f.Payload, err)
				}
				fakeengine.Ends(t, done, 0)
				return
			}
			end, err := join.Encode(join.End{Code: 128 + int(want[len(want)-1])})
			if err == nil {
				err = link.Send(join.KindEnd, end)
			}
			if err != nil {
				t.Fatal(err)
			}
			fakeengine.Ends(t, done, 130)
		})
	}
}
