package process

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"

	"ctenv/internal/engine"
	"ctenv/internal/engine/fakeengine"
	"ctenv/internal/runargs"
	"ctenv/internal/wire"
)

// TestWitness: of a container whose log gets no word of ctenv-init's, that it runs is known
// by what it asks for; it says the word where it cannot. Without either it does not run.
func TestWitness(t *testing.T) {
	const inits, others = "some init: " + wire.Dir + "-" + testAsk + "/ctenv-init: no way\n", "some command: no way\n"
	ownLog := []runargs.Arg{{Name: "log-driver", Value: "none"}}
	for name, c := range map[string]struct {
		detach, runs bool
		says         bool // by a word, since it cannot ask
		unseen       bool // the engine does not mount the socket
		args         []runargs.Arg
		words        string
		code         int
		never        bool
	}{
		"detached, runs":                  {detach: true, runs: true, words: inits, code: 3},
		"detached, does not":              {detach: true, words: inits, code: 126, never: true},
		"detached, cannot ask":            {detach: true, says: true, words: others, code: 127},
		"detached, does not, other words": {detach: true, words: others, code: 127, never: true},
		"detached, cannot ask, 0":         {detach: true, says: true, words: inits, code: 0},
		"detached, does not, 0":           {detach: true, words: others, code: 0, never: true},
		"detached, unseen":                {detach: true, unseen: true, words: inits, code: 3},
		"log, runs":                       {args: ownLog, runs: true, words: inits, code: 3},
		"log, does not":                   {args: ownLog, words: inits, code: 126, never: true},
		"log, podman's init does not":     {args: ownLog, words: "ERROR (catatonit:2): no way\n", code: 1, never: true},
		"log, cannot ask":                 {args: ownLog, says: true, words: others, code: 127},
		"log, does not, other words":      {args: ownLog, words: others, code: 127, never: true},
		"log, cannot ask, 0":              {args: ownLog, says: true, words: inits, code: 0},
		"log, does not, 0":                {args: ownLog, words: others, code: 0, never: true},
		"log, unseen":                     {args: ownLog, unseen: true, words: others, code: 127},
		"log, unseen, 0":                  {args: ownLog, unseen: true, words: others, code: 0},
		"log, unseen, an init's words":    {args: ownLog, unseen: true, words: inits, code: 126},
		"both":                            {detach: true, args: ownLog, words: inits, code: 126, never: true},
	} {
		t.Run(name, func(t *testing.T) {
			f := fakeengine.New(map[string][]fakeengine.Answer{"POST /containers/" + fakeengine.ID + "/wait": {{Status: 200, Body: fmt.Sprintf(`{"StatusCode": %d}`, c.code)}}})
			f.Words, f.Says = c.words, c.says
			e := connect(t, &blind{Fake: f, blind: c.unseen})
			p, dir := directPlan(t)
			p.Detach, p.RunArgs, p.OpenStdin = c.detach, c.args, false
			s := fakeengine.Streams(t, "")
			came := make(chan bool)
			f.Before = func() { <-came }
			go func() {
				defer close(came)
				if c.runs {
					ends := take(t, dir, testAsk, wire.StreamsTaken)
					if len(ends) != 1 || ends[wire.StreamsWitness] == nil {
						t.Errorf("got %v", ends)
					}
				}
			}()
			code, err := Run(context.Background(), e, p, s.Streams)
			<-came
			out, errOut := fakeengine.Read(t, s.OutFile), fakeengine.Read(t, s.ErrFile)
			switch {
			case c.never:
				if engErr := (*engine.Error)(nil); !errors.As(err, &engErr) || !strings.HasSuffix(engErr.Error(), "cannot be executed in the container: "+strings.TrimSpace(c.words)) || out+errOut != "" {
					t.Errorf("got %d, %v, stdout %q, stderr %q", code, err, out, errOut)
				}
			case c.detach:
				if err != nil || code != 0 || out != fakeengine.ID+"\n" || errOut != "" {
					t.Errorf("got %d, %v, stdout %q, stderr %q", code, err, out, errOut)
				}
			default:
				if err != nil || code != c.code || errOut != f.Words {
					t.Errorf("got %d, %v, stdout %q, stderr %q", code, err, out, errOut)
				}
			}
		})
	}
}

// TestWitnessRemovedLate: a container that has ended and is still being removed is looked at.
func TestWitnessRemovedLate(t *testing.T) {
	const inspect, wait = "GET /containers/" + fakeengine.ID + "/json", "POST /containers/" + fakeengine.ID + "/wait"
	for name, c := range map[string]struct {
		answer fakeengine.Answer
		wait   fakeengine.Answer
		err    string
	}{
		"it goes on":    {fakeengine.Answer{Status: 200, Body: `{"Config": {}, "HostConfig": {}, "State": {"Status": "running", "Running": true}}`}, fakeengine.Stuck, ""},
		"it has ended":  {fakeengine.Answer{Status: 200, Body: `{"Config": {}, "HostConfig": {}, "State": {"Status": "exited", "ExitCode": 126}}`}, fakeengine.Stuck, "cannot be executed in the container"},
		"it is removed": {fakeengine.Answer{Status: 200, Body: `{"Config": {}, "HostConfig": {}, "State": {"Status": "removing", "ExitCode": 126}}`}, fakeengine.Stuck, "cannot be executed in the container"},
		"it is gone":    {fakeengine.Answer{Status: 404, Body: `{"message": "no such container"}`}, fakeengine.Answer{Status: 200, Body: `{"StatusCode": 126}`}, "cannot be executed in the container"},
		"it ended well": {fakeengine.Answer{Status: 200, Body: `{"Config": {}, "HostConfig": {}, "State": {"Status": "exited", "ExitCode": 0}}`}, fakeengine.Stuck, "cannot be executed in the container"},
		"engine lost":   {fakeengine.Answer{Status: 404, Body: `{"message": "no such container"}`}, fakeengine.Answer{Status: 200, Body: ""}, "went away"},
	} {
		t.Run(name, func(t *testing.T) {
			f := fakeengine.New(map[string][]fakeengine.Answer{inspect: {c.answer}, wait: {c.wait}})
			f.Words = wire.DirOf(testAsk) + "/ctenv-init: no way\n"
			e := connect(t, f)
			p, dir := directPlan(t)
			p.Detach, p.OpenStdin = true, false
			s := fakeengine.Streams(t, "")
			f.Before = func() { take(t, dir, testAsk, 0) }
			if strings.HasPrefix(name, "it has ended") {
				f.Before = func() {} // nor does anybody ask: that it says no more is enough
			}
			_, err := Run(context.Background(), e, p, s.Streams)
			if (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("got %v, want %q", err, c.err)
			}
			if out := fakeengine.Read(t, s.OutFile); (out == fakeengine.ID+"\n") != (c.err == "") {
				t.Errorf("stdout %q", out)
			}
		})
	}
}

// TestWitnessCancelled: a signal during the start of a detached run ends the wait for
// ctenv-init.
func TestWitnessCancelled(t *testing.T) {
	f := fakeengine.New(nil)
	over := make(chan struct{})
	f.Before = func() { <-over }
	e := connect(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/start") {
			fakeengine.Interrupt(t, syscall.SIGINT)
		}
		f.ServeHTTP(w, r)
	}))
	defer close(over)
	p, _ := directPlan(t)
	p.Detach, p.OpenStdin = true, false
	s := fakeengine.Streams(t, "")
	code, err := Run(context.Background(), e, p, s.Streams)
	if out := fakeengine.Read(t, s.OutFile); code != 130 || err != nil || out != "" {
		t.Errorf("got %d, %v, %q, want 130", code, err, out)
	}
	if !slices.Contains(f.Calls(), "DELETE /containers/"+fakeengine.ID) {
		t.Errorf("the container is left behind: %q", f.Calls())
	}
}

// blind is a fake that says once that it does not see the streams' socket, if it is blind.
type blind struct {
	*fakeengine.Fake
	blind bool
}

func (b *blind) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !b.blind || !strings.HasSuffix(r.URL.Path, "/create") {
		b.Fake.ServeHTTP(w, r)
		return
	}
	b.blind = false
	var body struct {
		HostConfig struct {
			Mounts []struct{ Source, Target string }
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadRequest)
	err := json.NewDecoder(r.Body).Decode(&body)
	mounts := body.HostConfig.Mounts
	if err != nil || len(mounts) == 0 || mounts[len(mounts)-1].Target != wire.DirOf(testAsk)+"/streams" {
		fmt.Fprintf(w, `{"message": "the mounts are %v, %v"}`, mounts, err)
		return
	}
	last := mounts[len(mounts)-1]
	fmt.Fprintf(w, `{"message": "invalid mount config for type \"bind\": bind source path does not exist: %s"}`, last.Source)
}
