package process

import (
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docker/docker/client"

	"ctenv/internal/engine"
	"ctenv/internal/engine/conn"
	"ctenv/internal/engine/fakeengine"
	"ctenv/internal/tty"
)

// TestEngineStaysAway waits for an engine as long as the command lives, and a while longer.
func TestEngineStaysAway(t *testing.T) {
	api, err := client.NewClientWithOpts(client.WithHost("unix://" + filepath.Join(t.TempDir(), "none.sock")))
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		written := make(chan struct{})
		r := &Box{e: &engine.Engine{Conn: &conn.Conn{API: api}}, Name: "box", sigs: &tty.Signals{}, written: written}
		done := make(chan engine.Outcome, 1)
		go func() { done <- r.comeBack(t.Context(), engine.Outcome{Err: io.EOF}) }()
		time.Sleep(10 * awayGrace)
		select {
		case end := <-done:
			t.Fatalf("it ended under the command: %v", end.Err)
		default:
		}
		close(written)
		since := time.Now()
		end := <-done
		if took := time.Since(since); took < awayGrace || took > awayGrace+2*awayPoll {
			t.Errorf("the engine was looked for %v more, want %v", took, awayGrace)
		}
		err := r.Verdict(t.Context(), end)
		var e *engine.Error
		if !errors.As(err, &e) || !errors.Is(err, engine.ErrGone) || !strings.Contains(e.Hint, "docker attach box") {
			t.Errorf("got %v, want that the engine is gone, with a way to the container", err)
		}
	})
}

// TestEngineComesBack: how the command ended is what the engine says once it can, never
// that it ended well.
func TestEngineComesBack(t *testing.T) {
	const wait = "POST /containers/" + fakeengine.ID + "/wait"
	ends := fakeengine.Answer{Status: 200, Body: `{"StatusCode": 7}`}
	for name, c := range map[string]struct {
		answers []fakeengine.Answer
		code    int
		err     string
	}{
		"it answers":         {[]fakeengine.Answer{ends}, 7, ""},
		"it cannot yet":      {[]fakeengine.Answer{{Status: 500, Body: `{"message": "starting"}`}, {Status: 503, Body: `{"message": "starting"}`}, ends}, 7, ""},
		"it does not know":   {[]fakeengine.Answer{{Status: 404, Body: `{"message": "no such container"}`}}, 0, "its exit code is not known"},
		"it does not answer": {[]fakeengine.Answer{{Status: 403, Body: `{"message": "not allowed"}`}}, 0, "not allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			f := fakeengine.New(map[string][]fakeengine.Answer{wait: c.answers})
			close(f.Exited)
			r := &Box{e: connect(t, f), ID: fakeengine.ID, Name: "box", s: fakeengine.Streams(t, "").Streams, sigs: &tty.Signals{}}
			end := r.comeBack(t.Context(), engine.Outcome{Err: io.EOF})
			if end.Code != c.code || (end.Err != nil) != (c.err != "") || end.Err != nil && !strings.Contains(end.Err.Error(), c.err) {
				t.Errorf("got %+v, want %d, %q", end, c.code, c.err)
			}
		})
	}
}
