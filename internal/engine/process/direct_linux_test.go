package process

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ctenv/internal/engine"
	"ctenv/internal/engine/fakeengine"
	"ctenv/internal/handover"
	"ctenv/internal/plan"
	"ctenv/internal/runargs"
	"ctenv/internal/wire"
)

const testAsk = "0123456789abcdef0123456789abcdef"

// directPlan is a plan of which newDirect makes pipes for who asks by testAsk, with its
// directory.
func directPlan(t *testing.T) (plan.Plan, string) {
	t.Helper()
	before := handover.NewWord
	handover.NewWord = func() string { return testAsk }
	t.Cleanup(func() { handover.NewWord = before })
	dir := t.TempDir()
	return plan.Plan{
		Image: "busybox", Name: "box", OpenStdin: true, Request: fakeengine.Request(),
		Mounts:    []plan.Mount{{Type: plan.MountBind, Source: filepath.Join(dir, "ctenv-init"), Target: wire.InitPath}},
		SocketDir: dir,
	}, dir
}

// take does what ctenv-init does: it asks for the pipes, once there is their socket, and
// answers. It returns what it got, nil for nothing.
func take(t *testing.T, dir, ask string, answer byte) map[byte]*os.File {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		sockets, _ := filepath.Glob(filepath.Join(dir, "*", "socket"))
		if len(sockets) == 0 {
			continue
		}
		conn, err := net.Dial("unix", sockets[0])
		if err != nil {
			continue // not listening yet
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, ask); err != nil {
			t.Error(err)
		}
		targets, rights := make([]byte, 4), make([]byte, unix.CmsgSpace(16))
		n, oobn, _, _, err := conn.(*net.UnixConn).ReadMsgUnix(targets, rights)
		if err != nil || n == 0 {
			return nil
		}
		messages, err := unix.ParseSocketControlMessage(rights[:oobn])
		if err != nil || len(messages) != 1 {
			t.Error(messages, err)
			return nil
		}
		fds, err := unix.ParseUnixRights(&messages[0])
		if err != nil || len(fds) != n {
			t.Error(fds, err)
			return nil
		}
		ends := map[byte]*os.File{}
		for i, target := range targets[:n] {
			ends[target] = os.NewFile(uintptr(fds[i]), "|")
		}
		if _, err := conn.Write([]byte{answer}); err != nil {
			t.Error(err)
		}
		return ends
	}
	t.Error("there is no socket to connect to")
	return nil
}

func TestDirect(t *testing.T) {
	for name, file := range map[string]bool{"each a file": false, "one file for both": true} {
		t.Run(name, func(t *testing.T) {
			f := fakeengine.New(nil)
			f.Taken = true
			e := connect(t, f)
			p, dir := directPlan(t)
			s := fakeengine.Streams(t, "a\x00b")
			if file {
				s.Err = s.Out
			}
			go func() {
				if ends := take(t, dir, strings.ToUpper(testAsk), wire.StreamsTaken); ends != nil {
					t.Error("somebody else got the pipes")
				}
				ends := take(t, dir, testAsk, wire.StreamsTaken)
				in, err := io.ReadAll(ends[0])
				if err != nil {
					t.Error(err)
				}
				one, _ := ends[1].Stat()
				if two, _ := ends[2].Stat(); os.SameFile(one, two) != file {
					t.Errorf("one pipe for both outputs: %v", !file)
				}
				for range 500 {
					io.WriteString(ends[1], string(in)+"\n")
					io.WriteString(ends[2], "err\n")
				}
				for _, end := range ends {
					end.Close()
				}
			}()
			code, err := Run(context.Background(), e, p, s.Streams)
			if code != 3 || err != nil {
				t.Errorf("got %d, %v, want 3", code, err)
			}
			// What the engine itself has to say comes by its own streams.
			out, errOut := fakeengine.Read(t, s.OutFile), fakeengine.Read(t, s.ErrFile)
			if file {
				if want := strings.Repeat("a\x00b\nerr\n", 500); strings.Replace(out, "oops", "", 1) != want {
					t.Errorf("%d bytes of output, not %d in their order", len(out), len(want))
				}
			} else if out != strings.Repeat("a\x00b\n", 500) || strings.Replace(errOut, "oops", "", 1) != strings.Repeat("err\n", 500) {
				t.Errorf("stdout %.20q…, stderr %.20q…", out, errOut)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
				t.Errorf("%q is left", left)
			}
		})
	}
}

// TestDirectNotTaken: where nobody comes for the pipes, or does not want them, and where
// the engine does not see their socket, everything goes by the engine.
func TestDirectNotTaken(t *testing.T) {
	for name, c := range map[string]struct{ come, unseen bool }{
		"nobody comes":   {},
		"they do not do": {come: true},
		"unseen":         {unseen: true},
	} {
		t.Run(name, func(t *testing.T) {
			f := fakeengine.New(nil)
			e := connect(t, &blind{Fake: f, blind: c.unseen})
			p, dir := directPlan(t)
			s := fakeengine.Streams(t, "a\x00b")
			if c.come {
				go take(t, dir, testAsk, 0)
			}
			code, err := Run(context.Background(), e, p, s.Streams)
			if code != 3 || err != nil {
				t.Errorf("got %d, %v, want 3", code, err)
			}
			if out, errOut := fakeengine.Read(t, s.OutFile), fakeengine.Read(t, s.ErrFile); out != "a\x00b" || errOut != "oops" {
				t.Errorf("stdout %q, stderr %q", out, errOut)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
				t.Errorf("%q is left", left)
			}
		})
	}
}

// TestDirectHeld: a pipe that somebody outside holds on to does not hold the run, nor
// does it lose what comes late.
func TestDirectHeld(t *testing.T) {
	e := connect(t, fakeengine.New(nil))
	p, dir := directPlan(t)
	s := fakeengine.Streams(t, "")
	held := make(chan map[byte]*os.File, 1)
	go func() {
		ends := take(t, dir, testAsk, wire.StreamsTaken)
		time.Sleep(engine.LostGrace / 2)
		io.WriteString(ends[1], "late")
		held <- ends
	}()
	code, err := Run(context.Background(), e, p, s.Streams)
	if code != 3 || err != nil {
		t.Errorf("got %d, %v, want 3", code, err)
	}
	if out := fakeengine.Read(t, s.OutFile); out != "late" {
		t.Errorf("stdout %q", out)
	}
	for _, end := range <-held {
		end.Close()
	}
}

// TestDirectReaderStops: somebody who has stopped to read gets all that a command has
// written when he goes on; a signal ends the wait for him.
func TestDirectReaderStops(t *testing.T) {
	const size = 100 << 10 // bytes: more than one pipe holds, less than two
	for name, goesOn := range map[string]bool{"for a while": true, "for good": false} {
		t.Run(name, func(t *testing.T) {
			f := fakeengine.New(nil)
			e := connect(t, f)
			p, dir := directPlan(t)
			s := fakeengine.Streams(t, "")
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			s.Out = w
			go func() {
				ends := take(t, dir, testAsk, wire.StreamsTaken)
				ends[1].Write(make([]byte, size))
				for _, end := range ends {
					end.Close()
				}
			}()
			done := fakeengine.Go(func() (int, error) { return Run(context.Background(), e, p, s.Streams) })
			f.Await(t, "POST /containers/"+fakeengine.ID+"/start", 1)
			time.Sleep(2 * engine.LostGrace)
			if !goesOn {
				fakeengine.Interrupt(t, syscall.SIGINT)
				fakeengine.Ends(t, done, 130)
				if len(s.Lines) > 0 {
					t.Errorf("said %q", s.Lines)
				}
				return
			}
			got := make(chan int)
			go func() {
				all, _ := io.ReadAll(r)
				got <- len(all)
			}()
			fakeengine.Ends(t, done, 3)
			w.Close()
			if n := <-got; n != size {
				t.Errorf("%d bytes, not %d", n, size)
			}
		})
	}
}

// TestDirectSharedFile: what others write to the caller's file meanwhile stays.
func TestDirectSharedFile(t *testing.T) {
	e := connect(t, fakeengine.New(nil))
	p, dir := directPlan(t)
	s := fakeengine.Streams(t, "")
	go func() {
		ends := take(t, dir, testAsk, wire.StreamsTaken)
		time.Sleep(100 * time.Millisecond)
		s.Out.WriteString("somebody else's line\n")
		io.WriteString(ends[1], "ours\n")
		for _, end := range ends {
			end.Close()
		}
	}()
	if _, err := Run(context.Background(), e, p, s.Streams); err != nil {
		t.Error(err)
	}
	if out, want := fakeengine.Read(t, s.OutFile), "somebody else's line\nours\n"; out != want {
		t.Errorf("got %q, want %q", out, want)
	}
}

// TestDirectNot: some runs' streams are the engine's from the start.
func TestDirectNot(t *testing.T) {
	for name, change := range map[string]func(*plan.Plan){
		"terminal": func(p *plan.Plan) { p.TTY = true },
		"detached": func(p *plan.Plan) { p.Detach = true },
		"logged":   func(p *plan.Plan) { p.RunArgs = []runargs.Arg{{Name: "log-driver", Value: "json-file"}} },
		"no place": func(p *plan.Plan) { p.SocketDir = "" },
	} {
		p, dir := directPlan(t)
		change(&p)
		if newDirect(p, fakeengine.Streams(t, "").Streams) != nil {
			t.Errorf("%s: there are pipes", name)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
			t.Errorf("%s: %q is left", name, left)
		}
	}
}

// TestDirectFails: a container that does not start leaves nothing of the pipes.
func TestDirectFails(t *testing.T) {
	e := connect(t, fakeengine.New(map[string][]fakeengine.Answer{"POST /containers/create": {{Status: 500, Body: `{"message": "no"}`}}}))
	p, dir := directPlan(t)
	if code, err := Run(context.Background(), e, p, fakeengine.Streams(t, "").Streams); err == nil {
		t.Errorf("got %d, want an error", code)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
		t.Errorf("%q is left", left)
	}
}

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
