package process

import (
	"context"
	"slices"
	"syscall"
	"testing"

	"ctenv/internal/engine/fakeengine"
	"ctenv/internal/plan"
)

// A terminal's signals have to end a run on an engine that hangs, when it attaches and
// when it passes them on.
func TestRunOnAnEngineThatHangs(t *testing.T) {
	const attach, start, kill = "POST /containers/" + fakeengine.ID + "/attach", "POST /containers/" + fakeengine.ID + "/start", "POST /containers/" + fakeengine.ID + "/kill"
	p := plan.Plan{Image: "busybox", Name: "box", OpenStdin: true, Request: fakeengine.Request()}

	t.Run("attach", func(t *testing.T) {
		f := fakeengine.New(nil)
		f.Hangs = "/attach"
		e := connect(t, f)
		done := make(chan fakeengine.Result, 1)
		go func() {
			code, err := Run(context.Background(), e, p, fakeengine.Streams(t, "").Streams)
			done <- fakeengine.Result{Code: code, Err: err}
		}()
		f.Await(t, attach, 1)
		fakeengine.Interrupt(t, syscall.SIGINT)
		fakeengine.Ends(t, done, 130)
		if !slices.Contains(f.Calls(), "DELETE /containers/"+fakeengine.ID) {
			t.Errorf("the container is left behind: %q", f.Calls())
		}
	})

	t.Run("kill", func(t *testing.T) {
		f := fakeengine.New(map[string][]fakeengine.Answer{kill: {fakeengine.Stuck}})
		e := connect(t, f)
		s := fakeengine.Streams(t, "")
		s.In = fakeengine.OpenInput(t)
		done := make(chan fakeengine.Result, 1)
		go func() {
			code, err := Run(context.Background(), e, p, s.Streams)
			done <- fakeengine.Result{Code: code, Err: err}
		}()
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
