package persist

import (
	"bufio"
	"context"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"ctenv/internal/engine"
	"ctenv/internal/engine/fakeengine"
	"ctenv/internal/handover"
	"ctenv/internal/hint"
	"ctenv/internal/join"
	"ctenv/internal/plan"
	"ctenv/internal/procid"
	"ctenv/internal/streams"
	"ctenv/internal/wire"
)

const execID = "e0e0"

// play is what the relay in a container does with one who joins.
type play func(t *testing.T, link *join.Stream)

// say sends a message of a play.
func say(t *testing.T, link join.Link, kind join.Kind, message any) {
	payload, err := join.Encode(message)
	if err == nil {
		err = link.Send(kind, payload)
	}
	if err != nil {
		t.Log(err) // it has gone
	}
}

// asked greets, and returns what is wanted.
func asked(t *testing.T, link *join.Stream, ready bool) join.Request {
	say(t, link, join.KindHello, join.Hello{Version: join.Version, Request: wire.Version, Ready: ready, Note: `{"name": "box", "fingerprint": "abc"}`})
	f, err := link.Receive()
	if err != nil {
		t.Log(err)
		return join.Request{}
	}
	req, err := join.DecodeRequest(f.Payload)
	if err != nil {
		t.Error(err)
	}
	return req
}

// setUp is a set-up that says something and ends so.
func setUp(text string, end join.End) play {
	return func(t *testing.T, link *join.Stream) {
		if req := asked(t, link, false); req.Op != join.OpSetup {
			t.Errorf("asked for %+v", req)
		}
		if text != "" {
			_ = link.Send(join.KindErr, []byte(text))
		}
		say(t, link, join.KindEnd, end)
	}
}

// isReady is a set-up that is over.
func isReady(t *testing.T, link *join.Stream) { asked(t, link, true) }

// leaves is a container that ends in the middle of a set-up.
func leaves(t *testing.T, link *join.Stream) { asked(t, link, false) }

// commands is one that starts, says "oops" and ends so.
func commands(end join.End) play {
	return func(t *testing.T, link *join.Stream) {
		req := asked(t, link, true)
		if req.Op != join.OpExec || req.Exec.User.UID != 1234 {
			t.Errorf("asked for %+v", req)
		}
		if !end.Failed && end.Error == "" {
			_ = link.Send(join.KindBegun, nil)
			_ = link.Send(join.KindErr, []byte("oops"))
		}
		say(t, link, join.KindEnd, end)
	}
}

// noRelay is an engine that does not start one.
var noRelay play

// stayFake is a fake of which each exec gets the next of some plays. What the engine's
// stream of a container has is early; with it the container ends.
func stayFake(t *testing.T, answers map[string][]fakeengine.Answer, early string, plays ...play) (*fakeengine.Fake, http.Handler) {
	f := fakeengine.New(map[string][]fakeengine.Answer{
		"POST /containers/" + fakeengine.ID + "/exec": {{Status: 201, Body: `{"Id": "` + execID + `"}`}},
		"GET /containers/" + fakeengine.ID + "/json":  {{Status: 200, Body: `{"Id": "` + fakeengine.ID + `", "Config": {}, "HostConfig": {}, "State": {"Running": true}}`}},
	})
	maps.Copy(f.Answers, answers)
	var mu sync.Mutex // of plays
	return f, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, "/v1.41")
		attach := strings.HasSuffix(path, "/attach")
		if !attach && path != "/exec/"+execID+"/start" {
			f.ServeHTTP(w, r)
			return
		}
		f.Note(r.Method + " " + path)
		mu.Lock()
		act := noRelay
		if !attach && len(plays) > 0 {
			act, plays = plays[0], plays[1:]
		}
		mu.Unlock()
		if early == fakeengine.Stuck.Body {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
			return
		}
		if !attach && act == nil {
			http.Error(w, `{"message": "no such task"}`, http.StatusInternalServerError)
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		conn, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
		if !attach {
			act(t, join.NewStream(rw, framedAs{conn, 1}, conn))
			return
		}
		_, _ = conn.Write(fakeengine.Frame(2, []byte(early)))
		defer close(f.Exited)
		if early == "" {
			_, _ = io.Copy(io.Discard, bufio.NewReader(rw)) // until the client has gone
		}
	})
}

// framedAs writes to a stream of an engine's connection.
type framedAs struct {
	w      io.Writer
	stream byte
}

func (f framedAs) Write(b []byte) (int, error) {
	_, err := f.w.Write(fakeengine.Frame(f.stream, b))
	return len(b), err
}

const testWord = "0123456789abcdef0123456789abcdef"

func stayPlan() plan.Plan {
	p := plan.Plan{
		Container: "dev", Image: "busybox", Name: "box", Entrypoint: []string{wire.InitPath}, Detach: true, Stay: true, Request: fakeengine.Request(),
		Labels: map[string]string{plan.LabelStays: "2", plan.LabelWord: testWord, plan.LabelUID: "1234", plan.LabelProjectDir: "/src", plan.LabelContainer: "dev", plan.LabelConfig: "abc"},
	}
	p.Request.Mode, p.Request.Command, p.Request.Serve = wire.ModeServe, wire.Command{}, &wire.Serve{Word: plan.NoWord}
	return p
}

// listed is a container of stayPlan as the engine lists it.
func listed(state string) fakeengine.Answer {
	return fakeengine.Answer{Status: 200, Body: `[{"Id": "` + fakeengine.ID + `", "Names": ["/box"], "State": "` + state + `",
		"Labels": {"se.osd.ctenv.stays": "2", "se.osd.ctenv.word": "` + testWord + `", "se.osd.ctenv.uid": "1234", "se.osd.ctenv.project_dir": "/src", "se.osd.ctenv.container": "dev",
			"se.osd.ctenv.config": "abc"}, "Mounts": [{"Type": "bind", "Destination": "/.ctenv/ctenv-init"}]}]`}
}

// halted is what the engine says of a container that has ended.
var halted = fakeengine.Answer{Status: 200, Body: `{"Id": "` + fakeengine.ID + `", "Config": {}, "HostConfig": {}, "State": {"Running": false}}`}

var unlisted = fakeengine.Answer{Status: 200, Body: `[]`}

func TestStart(t *testing.T) {
	const (
		list   = "GET /containers/json"
		create = "POST /containers/create"
		remove = "DELETE /containers/" + fakeengine.ID
	)
	inspect := func(uid string) fakeengine.Answer {
		return fakeengine.Answer{Status: 200, Body: `{"Id": "` + fakeengine.ID + `", "Config": {"Labels": {"se.osd.ctenv.stays": "2", "se.osd.ctenv.uid": "` + uid + `",
			"se.osd.ctenv.project_dir": "/src", "se.osd.ctenv.container": "dev"}}, "HostConfig": {}, "State": {"Running": true}}`}
	}
	second := stayPlan().SecondName()
	of := func(client, state string) fakeengine.Answer {
		a := listed(state)
		a.Body = strings.Replace(a.Body, `"Labels": {`, `"Labels": {"`+plan.LabelClient+`": "`+client+`", `, 1)
		return a
	}
	living := of(procid.Self(), "created")
	const otherBoot = "00000000-0000-0000-0000-000000000000:4026531836:1:1"
	for name, c := range map[string]struct {
		answers map[string][]fakeengine.Answer
		play    play   // of who joins
		early   string // what the container says before that, and ends
		fresh   bool
		code    int
		err     string
		said    string
		calls   []string // that have to be among those made, in this order
		without string   // a call that must not be
		once    string   // a call that must be made once
		patient bool     // a client of whom nothing is known has the usual time to start it
		slow    bool     // what comes before the creation takes longer than another one may
	}{
		"new": {play: setUp("hello\n", join.End{}), fresh: true, said: "hello\n",
			calls: []string{list, create + " box", "POST /containers/" + fakeengine.ID + "/attach", "POST /containers/" + fakeengine.ID + "/start"}, without: remove},
		"set-up fails":                    {play: setUp("error: x\n", join.End{Code: 3, Failed: true}), fresh: true, code: 3, said: "error: x\n", calls: []string{remove}},
		"it refuses":                      {play: setUp("", join.End{Code: 125, Error: "no room"}), err: "container box: no room", calls: []string{remove}},
		"it ends before anybody can join": {early: wire.HelloText(testWord) + "no room\n", fresh: true, code: 3, said: "no room\n", calls: []string{remove}},
		"ctenv-init cannot be run":        {early: "exec format error\n", err: "cannot be executed in the container: exec format error", calls: []string{remove}},
		"its removal takes long": {answers: map[string][]fakeengine.Answer{"POST /containers/" + fakeengine.ID + "/wait": {fakeengine.Stuck}, "GET /containers/" + fakeengine.ID + "/json": {{Status: 200, Body: `{"Config": {}, "HostConfig": {}, "State": {"Status": "removing", "ExitCode": 126}}`}}}, early: "exec format error\n",
			err: "cannot be executed in the container: exec format error", calls: []string{remove}},
		"it ends and says no word": {answers: map[string][]fakeengine.Answer{"POST /containers/" + fakeengine.ID + "/wait": {{Status: 200, Body: `{"StatusCode": 0}`}}}, early: "\n", err: "ended with 0 and without a word", calls: []string{remove}},
		"it ends and says nothing": {answers: map[string][]fakeengine.Answer{"POST /containers/" + fakeengine.ID + "/wait": {{Status: 200, Body: `{"StatusCode": 0}`}}}, early: wire.HelloText(testWord) + "\n",
			fresh: true, code: 125, said: "\n", calls: []string{remove}},
		"there":                  {answers: map[string][]fakeengine.Answer{list: {listed("running")}}, play: isReady, calls: []string{list, "POST /containers/" + fakeengine.ID + "/exec"}, without: create},
		"there, and set up":      {answers: map[string][]fakeengine.Answer{list: {listed("running")}}, play: setUp("not ours", join.End{}), without: create},
		"another's set-up fails": {answers: map[string][]fakeengine.Answer{list: {listed("running")}}, play: setUp("", join.End{Code: 125, Failed: true}), err: "its set-up failed, or it was stopped", without: create},
		"another's is killed":    {answers: map[string][]fakeengine.Answer{list: {listed("running")}}, play: leaves, err: "its set-up failed, or it was stopped", without: create},
		"stopped meanwhile": {answers: map[string][]fakeengine.Answer{list: {listed("running")}, "GET /containers/" + fakeengine.ID + "/json": {halted}}, play: noRelay,
			err: "its set-up failed, or it was stopped", without: create},
		"no relay":       {answers: map[string][]fakeengine.Answer{list: {listed("running")}}, play: noRelay, err: "container box takes no command: ", without: create},
		"about to start": {answers: map[string][]fakeengine.Answer{list: {listed("created"), listed("created"), listed("running")}}, play: isReady, calls: []string{list, list, list}, without: create},
		"left by an engine": {answers: map[string][]fakeengine.Answer{list: {listed("exited"), unlisted}}, play: setUp("", join.End{}), fresh: true,
			calls: []string{list, remove, list, create + " box"}},
		"it cannot be removed": {answers: map[string][]fakeengine.Answer{list: {listed("dead")}, remove: {{Status: 500, Body: `{"message": "device or resource busy"}`}}},
			err: "container box stands in the way, and is not removed: device or resource busy", once: remove},
		"its removal does not end":           {answers: map[string][]fakeengine.Answer{list: {listed("removing")}}, err: `is not removed: the engine calls it "removing"`, without: create},
		"removed late":                       {answers: map[string][]fakeengine.Answer{list: {listed("dead"), listed("dead"), unlisted}}, play: setUp("", join.End{}), fresh: true, once: remove},
		"never started":                      {answers: map[string][]fakeengine.Answer{list: {listed("created")}}, err: `is not removed: the engine calls it "created"`, once: remove},
		"never started, its ctenv has ended": {answers: map[string][]fakeengine.Answer{list: {of(procid.Self()+"0", "created")}}, err: `is not removed: the engine calls it "created"`, once: remove},
		"never started, its ctenv is of another machine": {patient: true, answers: map[string][]fakeengine.Answer{list: append(slices.Repeat([]fakeengine.Answer{of(otherBoot, "created")}, 12), listed("running"))},
			play: isReady, without: remove},
		"stopped on podman, its ctenv lives": {answers: map[string][]fakeengine.Answer{list: {of(procid.Self(), "stopped"), unlisted}}, play: setUp("", join.End{}), fresh: true,
			calls: []string{list, remove, list, create + " box"}},
		"in another state, its ctenv lives": {answers: map[string][]fakeengine.Answer{list: {of(procid.Self(), "stopping")}}, err: `is not removed: the engine calls it "stopping"`, once: remove},
		"never started, its ctenv lives":    {answers: map[string][]fakeengine.Answer{list: append(slices.Repeat([]fakeengine.Answer{living}, 12), listed("running"))}, play: isReady, without: remove},
		"another was faster than a pull": {slow: true, answers: map[string][]fakeengine.Answer{list: {unlisted, unlisted, listed("running")}, create: {fakeengine.Taken}, "GET /containers/box/json": {inspect("1234")}}, play: isReady,
			calls: []string{create + " box", list}},
		"another was faster": {answers: map[string][]fakeengine.Answer{list: {unlisted, listed("running")}, create: {fakeengine.Taken}, "GET /containers/box/json": {inspect("1234")}}, play: isReady,
			calls: []string{create + " box", list}},
		"another has just the name": {answers: map[string][]fakeengine.Answer{list: {unlisted, unlisted, listed("running")}, create: {fakeengine.Taken}, "GET /containers/box/json": {{Status: 404, Body: `{}`}}}, play: isReady,
			calls: []string{create + " box", create + " box"}},
		"another user's": {answers: map[string][]fakeengine.Answer{create: {fakeengine.Taken, {Status: 201, Body: `{"Id": "` + fakeengine.ID + `"}`}}, "GET /containers/box/json": {inspect("1")}}, play: setUp("", join.End{}), fresh: true,
			calls: []string{create + " box", create + " " + second}},
		"both names taken": {answers: map[string][]fakeengine.Answer{create: {fakeengine.Taken}, "GET /containers/box/json": {inspect("1")}, "GET /containers/" + second + "/json": {inspect("1")}},
			err: `the name "` + second + `" is taken`},
		"a name without a container": {answers: map[string][]fakeengine.Answer{create: {fakeengine.Taken}, "GET /containers/box/json": {{Status: 404, Body: `{}`}}},
			err: `the name "box" stays taken: Conflict. The container name "/box" is already in use`},
		"a conflict that is not the name's": {answers: map[string][]fakeengine.Answer{create: {{Status: 409, Body: `{"message": "volume v exists with another driver"}`}}},
			err: "volume v exists with another driver", once: create},
		"another ctenv's": {answers: map[string][]fakeengine.Answer{list: {{Status: 200, Body: strings.Replace(listed("running").Body, `stays": "2"`, `stays": "0"`, 1)}}},
			err: "started by another version of ctenv"},
	} {
		t.Run(name, func(t *testing.T) {
			f, h := stayFake(t, c.answers, c.early, c.play)
			e := connect(t, h)
			s := fakeengine.Streams(t, "")
			before, unstarted, word := engine.OtherGrace, engine.UnstartedGrace, handover.NewWord
			handover.NewWord = func() string { return testWord }
			engine.OtherGrace = 4 * otherPoll
			if !c.patient {
				engine.UnstartedGrace = otherPoll
			}
			t.Cleanup(func() { handover.NewWord, engine.OtherGrace, engine.UnstartedGrace = word, before, unstarted })
			prepared := 0
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			got, fresh, code, err := Wanted{e, stayPlan(), func(context.Context) error {
				if prepared++; c.slow {
					time.Sleep(2 * engine.OtherGrace)
				}
				return nil
			}, s.Streams}.Start(ctx)
			if (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Fatalf("got %v, want %q; %q", err, c.err, f.Calls())
			}
			if c.once != "" && strings.Count(strings.Join(f.Calls(), "\n"), c.once) != 1 {
				t.Errorf("calls %q, want %q once", f.Calls(), c.once)
			}
			if code != c.code || err == nil && (fresh != c.fresh || got.ID != fakeengine.ID) {
				t.Errorf("got %+v, %v, %d", got, fresh, code)
			}
			if created := slices.ContainsFunc(f.Calls(), func(call string) bool { return strings.HasPrefix(call, create) }); created != (prepared == 1) {
				t.Errorf("prepared %d times for %q", prepared, f.Calls())
			}
			if out, said := fakeengine.Read(t, s.OutFile), fakeengine.Read(t, s.ErrFile); out != "" || said != c.said {
				t.Errorf("stdout %q, stderr %q", out, said)
			}
			left := c.calls
			for _, call := range f.Calls() {
				if len(left) > 0 && call == left[0] {
					left = left[1:]
				}
				if c.without != "" && strings.HasPrefix(call, c.without) {
					t.Errorf("call %q", call)
				}
			}
			if len(left) > 0 {
				t.Errorf("calls %q, want %q", f.Calls(), c.calls)
			}
		})
	}
}

// TestStartStreamStaysOpen: what a container has said by its end is judged, although its
// stream does not end.
func TestStartStreamStaysOpen(t *testing.T) {
	f, h := stayFake(t, map[string][]fakeengine.Answer{"POST /containers/" + fakeengine.ID + "/wait": {{Status: 200, Body: `{"StatusCode": 1}`}}, "GET /containers/" + fakeengine.ID + "/json": {halted}}, "", noRelay)
	e := connect(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/attach") {
			h.ServeHTTP(w, r)
			return
		}
		conn, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
		_, _ = conn.Write(fakeengine.Frame(2, []byte("exec format error\n")))
		close(f.Exited)
		_, _ = io.Copy(io.Discard, rw)
	}))
	s := fakeengine.Streams(t, "")
	_, _, code, err := Wanted{e, stayPlan(), nil, s.Streams}.Start(context.Background())
	if err == nil || !strings.Contains(err.Error(), "cannot be executed in the container: exec format error") {
		t.Errorf("got %d, %v", code, err)
	}
}

// A program in the container may speak in ctenv-init's place, for as long as it likes.
func TestRelayWords(t *testing.T) {
	_, h := stayFake(t, map[string][]fakeengine.Answer{"GET /containers/json": {listed("running")}}, "", func(_ *testing.T, link *join.Stream) {
		_ = link.Send(join.KindErr, []byte(strings.Repeat("x", join.MaxData)))
	})
	_, _, _, err := Wanted{connect(t, h), stayPlan(), nil, fakeengine.Streams(t, "").Streams}.Start(context.Background())
	if err == nil || !strings.Contains(err.Error(), "is no greeting") || len(err.Error()) > 2*streams.MaxSaid {
		t.Errorf("got %.80v…", err)
	}
}

// What an image's labels, or a pattern, make look like a container that stays.
func TestFind(t *testing.T) {
	const look = "GET /containers/" + fakeengine.ID + "/json"
	bare := strings.Replace(listed("running").Body, `"Type": "bind"`, `"Type": "volume"`, 1)
	for name, c := range map[string]struct {
		list, inspect fakeengine.Answer
		found         bool
	}{
		"ours":                        {list: listed("running"), found: true},
		"ours, uploaded":              {list: fakeengine.Answer{Status: 200, Body: bare}, inspect: fakeengine.Answer{Status: 200, Body: `{"State": {}, "Config": {"Entrypoint": ["/.ctenv/ctenv-init"]}, "HostConfig": {"Mounts": [{"Type": "volume", "Target": "/.ctenv"}]}}`}, found: true},
		"ours, the list says nothing": {list: fakeengine.Answer{Status: 200, Body: bare}, inspect: fakeengine.Answer{Status: 200, Body: `{"State": {}, "Config": {}, "HostConfig": {}, "Mounts": [{"Type": "bind", "Destination": "/.ctenv/ctenv-init"}]}`}, found: true},
		"labels of an image":          {list: fakeengine.Answer{Status: 200, Body: bare}, inspect: fakeengine.Answer{Status: 200, Body: `{"State": {}, "Config": {}, "HostConfig": {}, "Mounts": [{"Type": "volume", "Destination": "/.ctenv"}]}`}},
		"gone meanwhile":              {list: fakeengine.Answer{Status: 200, Body: bare}, inspect: fakeengine.Answer{Status: 404, Body: `{}`}},
		"a pattern's":                 {list: fakeengine.Answer{Status: 200, Body: strings.Replace(listed("running").Body, `"/src"`, `"/src2"`, 1)}},
	} {
		t.Run(name, func(t *testing.T) {
			_, h := stayFake(t, map[string][]fakeengine.Answer{"GET /containers/json": {c.list}, look: {c.inspect}}, "", noRelay)
			all, err := Find(context.Background(), connect(t, h), stayPlan().StayKey())
			if err != nil || (len(all) == 1) != c.found {
				t.Errorf("found %+v, %v", all, err)
			}
		})
	}
}

func TestExec(t *testing.T) {
	before := engine.OtherGrace
	engine.OtherGrace = 4 * otherPoll
	t.Cleanup(func() { engine.OtherGrace = before })
	const look = "GET /containers/" + fakeengine.ID + "/json"
	for name, c := range map[string]struct {
		answers map[string][]fakeengine.Answer
		plays   []play
		code    int
		err     string
		calls   int // besides the ping
	}{
		"exit code":                  {nil, []play{commands(join.End{Code: 3})}, 3, "", 3},
		"killed before it was ready": {nil, []play{commands(join.End{Code: 125, Failed: true})}, 0, "ended before the command started: its set-up failed", 3},
		"refused":                    {nil, []play{commands(join.End{Code: 125, Error: "no room"})}, 0, "no room", 3},
		"ended in the middle": {nil, []play{func(t *testing.T, link *join.Stream) {
			asked(t, link, true)
			_ = link.Send(join.KindBegun, nil)
		}}, 0, "container box ended before the command did", 3},
		"it speaks otherwise": {nil, []play{func(t *testing.T, link *join.Stream) {
			asked(t, link, true)
			_ = link.Send(join.KindAnswer, nil)
		}}, 0, "ended before the command started", 3},
		"stopped before the command starts": {nil, []play{commands(join.End{Failed: true}), commands(join.End{Code: 3})}, 3, "", 6},
		"stopped after a long while": {nil, []play{func(t *testing.T, link *join.Stream) {
			time.Sleep(2 * engine.OtherGrace)
			commands(join.End{Failed: true})(t, link)
		}, commands(join.End{Code: 3})}, 3, "", 6},
		"stopped, the engine says": {map[string][]fakeengine.Answer{look: {halted}}, []play{noRelay, commands(join.End{Code: 3})}, 3, "", 7},
		"it takes none": {map[string][]fakeengine.Answer{"POST /containers/" + fakeengine.ID + "/exec": {{Status: 409, Body: `{"message": "container is paused"}`}}}, nil, 0,
			"takes no command: container is paused", 2 + endLooks},
		"another version": {nil, []play{func(t *testing.T, link *join.Stream) {
			say(t, link, join.KindHello, map[string]any{"version": 99, "more": true})
		}}, 0, "started by another version", 3},
	} {
		t.Run(name, func(t *testing.T) {
			answers := map[string][]fakeengine.Answer{"GET /containers/json": {listed("running")}}
			maps.Copy(answers, c.answers)
			f, h := stayFake(t, answers, "", c.plays...)
			e := connect(t, h)
			s := fakeengine.Streams(t, "")
			code, err := Wanted{e, stayPlan(), nil, s.Streams}.Exec(context.Background(), command(), func(c Container, fresh bool) {
				if c.Name != "box" || c.Changed("abc") || !c.Changed("abd") {
					t.Errorf("found %+v", c)
				}
			})
			if code != c.code || (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("got %d, %v, want %d, %q", code, err, c.code, c.err)
			}
			if len(f.Calls()) != c.calls {
				t.Errorf("%d calls %q, want %d", len(f.Calls()), f.Calls(), c.calls)
			}
			if err == nil && fakeengine.Read(t, s.ErrFile) != "oops" {
				t.Errorf("stderr %q", fakeengine.Read(t, s.ErrFile))
			}
		})
	}
}

// TestExecDetachedNotFound: a detached command that is not there ends as any other that is not.
func TestExecDetachedNotFound(t *testing.T) {
	_, h := stayFake(t, map[string][]fakeengine.Answer{"GET /containers/json": {listed("running")}}, "", commands(join.End{Code: 127, Error: "no such command"}))
	x := command()
	x.Detach = true
	code, err := Wanted{connect(t, h), stayPlan(), nil, fakeengine.Streams(t, "").Streams}.Exec(context.Background(), x, func(Container, bool) {})
	if _, carried := hint.Of(hint.Ended(code, err)); carried != 127 || err == nil || err.Error() != "no such command" {
		t.Errorf("got %v with %d", err, carried)
	}
}

// command is one for the container of stayPlan.
func command() plan.Exec {
	x := stayPlan().Enter()
	x.Request.Serve, x.Request.Command, x.Args, x.Detach = nil, wire.Command{Kind: wire.CommandArgv}, []string{"true"}, false
	return x
}

// More input than may be on its way, output to both sides, and signals in between.
func TestRelayStreams(t *testing.T) {
	const size = 3*join.Window + 1
	interrupted := make(chan struct{})
	_, h := stayFake(t, map[string][]fakeengine.Answer{"GET /containers/json": {listed("running")}}, "", func(t *testing.T, link *join.Stream) {
		if req := asked(t, link, true); !slices.Equal(req.Streams, []int{0, 1, 2}) {
			t.Errorf("streams %v", req.Streams)
		}
		_ = link.Send(join.KindBegun, nil)
		taken, waiting := 0, 0
		for {
			f, err := link.Receive()
			if err != nil {
				t.Error(err)
				return
			}
			switch {
			case f.Kind == join.KindSignal:
				if n, err := f.Byte(); n != int(syscall.SIGUSR1) || err != nil {
					t.Errorf("signal %d, %v", n, err)
				}
				_ = link.Send(join.KindCredit, join.Number(waiting))
				waiting = 0
				close(interrupted)
			case f.Kind == join.KindInput && len(f.Payload) == 0:
				if taken != size {
					t.Errorf("%d bytes of input", taken)
				}
				say(t, link, join.KindEnd, join.End{Code: 7})
				return
			case f.Kind == join.KindInput:
				taken += len(f.Payload)
				waiting += len(f.Payload)
				if waiting > join.Window {
					t.Errorf("%d bytes are on their way", waiting)
				}
				_ = link.Send(join.KindOut, f.Payload)
				if waiting == join.Window {
					select {
					case <-interrupted:
						_ = link.Send(join.KindCredit, join.Number(waiting))
						waiting = 0
					default:
						_ = syscall.Kill(syscall.Getpid(), syscall.SIGUSR1)
					}
				}
			}
		}
	})
	text := strings.Repeat("0123456789abcdef", size/16+1)[:size]
	s := fakeengine.Streams(t, text)
	x := command()
	x.OpenStdin = true
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	code, err := Wanted{connect(t, h), stayPlan(), nil, s.Streams}.Exec(ctx, x, func(Container, bool) {})
	if code != 7 || err != nil {
		t.Errorf("got %d, %v", code, err)
	}
	if got := fakeengine.Read(t, s.OutFile); got != text {
		t.Errorf("%d bytes came back of %d", len(got), size)
	}
}
