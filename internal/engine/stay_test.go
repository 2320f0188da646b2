package engine

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"ctenv/internal/plan"
	"ctenv/internal/wire"
)

const execID = "e0e0"

// refused is the stream of a command that does not start.
const refused = "refused"

// stayFake is a fake that has the streams of set-up and of commands: each attach
// gets the next of them and then its end, unless it ends in "…", or is refused.
func stayFake(t *testing.T, answers map[string][]answer, streams ...string) (*fake, http.Handler) {
	f := newFake(map[string][]answer{
		"POST /containers/" + id + "/exec": {{201, `{"Id": "` + execID + `"}`}},
		"GET /exec/" + execID + "/json":    {{200, `{"ExitCode": 0}`}},
		"GET /containers/" + id + "/json":  {{200, `{"Id": "` + id + `", "Config": {}, "State": {"Running": true}}`}},
	})
	for call, a := range answers {
		f.answers[call] = a
	}
	return f, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, "/v1.41")
		if !strings.HasSuffix(path, "/attach") && path != "/exec/"+execID+"/start" {
			f.ServeHTTP(w, r)
			return
		}
		f.mu.Lock()
		f.calls = append(f.calls, r.Method+" "+path)
		stream := ""
		if len(streams) > 0 {
			stream, streams = streams[0], streams[1:]
		}
		f.mu.Unlock()
		if stream == refused {
			http.Error(w, `{"message": "no such task"}`, http.StatusInternalServerError)
			return
		}
		if stream == stuck.body {
			io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
			return
		}
		// What is left unread resets the connection at its end, and streams get lost.
		io.Copy(io.Discard, r.Body)
		conn, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
		text, open := strings.CutSuffix(stream, "…")
		conn.Write(frame(2, []byte(text)))
		if open {
			io.Copy(io.Discard, rw) // until the client has gone
		}
		if strings.HasSuffix(path, "/attach") {
			close(f.exited)
		}
	})
}

// readyMark is what the container of a test says when it is ready.
var readyMark = wire.ReadyMark(testMark)

const testMark = "0123456789abcdef0123456789abcdef"

func stayPlan() plan.Plan {
	p := plan.Plan{
		Container: "dev", Image: "busybox", Name: "box", Entrypoint: []string{wire.InitPath}, Detach: true, Stay: true, Request: request(),
		Labels: map[string]string{plan.LabelStays: "1", plan.LabelUID: "1234", plan.LabelProjectDir: "/src", plan.LabelContainer: "dev", plan.LabelConfig: "abc"},
	}
	p.Request.Command, p.Request.Mark = wire.Command{Kind: wire.CommandPause}, plan.NoMark
	return p
}

// listed is a container of stayPlan as the engine lists it.
func listed(state string) answer {
	return answer{200, `[{"Id": "` + id + `", "Names": ["/box"], "State": "` + state + `",
		"Labels": {"se.osd.ctenv.stays": "1", "se.osd.ctenv.uid": "1234", "se.osd.ctenv.project_dir": "/src", "se.osd.ctenv.container": "dev",
			"se.osd.ctenv.config": "abc"}, "Mounts": [{"Type": "bind", "Destination": "/.ctenv/ctenv-init"}]}]`}
}

// halted is what the engine says of a container that has ended.
var halted = answer{200, `{"Id": "` + id + `", "Config": {}, "State": {"Running": false}}`}

var unlisted = answer{200, `[]`}

func TestStart(t *testing.T) {
	const (
		list   = "GET /containers/json"
		create = "POST /containers/create"
		remove = "DELETE /containers/" + id
	)
	inspect := func(uid string) answer {
		return answer{200, `{"Id": "` + id + `", "Config": {"Labels": {"se.osd.ctenv.stays": "1", "se.osd.ctenv.uid": "` + uid + `",
			"se.osd.ctenv.project_dir": "/src", "se.osd.ctenv.container": "dev"}}, "State": {"Running": true}}`}
	}
	second := stayPlan().SecondName()
	for name, c := range map[string]struct {
		answers map[string][]answer
		stream  string // of the set-up
		fresh   bool
		code    int
		err     string
		said    string
		calls   []string // that have to be among those made, in this order
		without string   // a call that must not be
		once    string   // a call that must be made once
	}{
		"new": {stream: "hello\n" + readyMark + "later…", fresh: true, said: "hello\n",
			calls: []string{list, create + " box", "POST /containers/" + id + "/attach", "POST /containers/" + id + "/start"}, without: remove},
		"a command says that it is ready": {stream: wire.ReadyMark(plan.NoMark), fresh: true, code: 3, said: wire.ReadyMark(plan.NoMark), calls: []string{remove}},
		"set-up fails":                    {stream: "error: x\n", fresh: true, code: 3, said: "error: x\n", calls: []string{remove}},
		"it does not wait": {answers: map[string][]answer{"POST /containers/" + id + "/wait": {{200, `{"StatusCode": 0}`}}},
			fresh: true, code: 125, calls: []string{remove}},
		"there": {answers: map[string][]answer{list: {listed("running")}}, calls: []string{list, "POST /containers/" + id + "/exec"}, without: create},
		"another's set-up fails": {answers: map[string][]answer{list: {listed("running")}, "GET /exec/" + execID + "/json": {{200, `{"ExitCode": 137}`}}},
			err: "its set-up failed, or it was stopped", without: create},
		"stopped meanwhile": {answers: map[string][]answer{list: {listed("running")}, "GET /containers/" + id + "/json": {halted}}, stream: refused,
			err: "its set-up failed, or it was stopped", without: create},
		"stopped meanwhile, in the engine's words": {answers: map[string][]answer{list: {listed("running")}, "GET /containers/" + id + "/json": {halted},
			"GET /exec/" + execID + "/json": {{200, `{"ExitCode": 126}`}}}, stream: "task 0123 not found", err: "its set-up failed, or it was stopped", without: create},
		"not ready": {answers: map[string][]answer{list: {listed("running")}, "GET /exec/" + execID + "/json": {{200, `{"ExitCode": 126}`}}}, stream: "error: no room",
			err: "container box is not ready: error: no room", without: create},
		"about to start": {answers: map[string][]answer{list: {listed("created"), listed("created"), listed("running")}}, calls: []string{list, list, list}, without: create},
		"left by an engine": {answers: map[string][]answer{list: {listed("exited"), unlisted}}, stream: readyMark + "…", fresh: true,
			calls: []string{list, remove, list, create + " box"}},
		"it cannot be removed": {answers: map[string][]answer{list: {listed("dead")}, remove: {{500, `{"message": "device or resource busy"}`}}},
			err: "container box stands in the way, and is not removed: device or resource busy", once: remove},
		"its removal does not end": {answers: map[string][]answer{list: {listed("removing")}}, err: `is not removed: the engine calls it "removing"`, without: create},
		"removed late":             {answers: map[string][]answer{list: {listed("dead"), listed("dead"), unlisted}}, stream: readyMark + "…", fresh: true, once: remove},
		"never started":            {answers: map[string][]answer{list: {listed("created")}}, err: `is not removed: the engine calls it "created"`, once: remove},
		"another was faster": {answers: map[string][]answer{list: {unlisted, listed("running")}, create: {taken}, "GET /containers/box/json": {inspect("1234")}},
			calls: []string{create + " box", list}},
		"another has just the name": {answers: map[string][]answer{list: {unlisted, unlisted, listed("running")}, create: {taken}, "GET /containers/box/json": {{404, `{}`}}},
			calls: []string{create + " box", create + " box"}},
		"another user's": {answers: map[string][]answer{create: {taken, {201, `{"Id": "` + id + `"}`}}, "GET /containers/box/json": {inspect("1")}}, stream: readyMark + "…", fresh: true,
			calls: []string{create + " box", create + " " + second}},
		"both names taken": {answers: map[string][]answer{create: {taken}, "GET /containers/box/json": {inspect("1")}, "GET /containers/" + second + "/json": {inspect("1")}},
			err: `the name "` + second + `" is taken`},
		"a name without a container": {answers: map[string][]answer{create: {taken}, "GET /containers/box/json": {{404, `{}`}}},
			err: `the name "box" stays taken: Conflict. The container name "/box" is already in use`},
		"a conflict that is not the name's": {answers: map[string][]answer{create: {{409, `{"message": "volume v exists with another driver"}`}}},
			err: "volume v exists with another driver", once: create},
		"another ctenv's": {answers: map[string][]answer{list: {{200, strings.Replace(listed("running").body, `stays": "1"`, `stays": "0"`, 1)}}},
			err: "started by another version of ctenv"},
	} {
		t.Run(name, func(t *testing.T) {
			f, h := stayFake(t, c.answers, c.stream)
			e := connect(t, h)
			s := streams(t, "")
			newMark = func() string { return testMark }
			before := otherGrace
			otherGrace = 4 * otherPoll
			t.Cleanup(func() { newMark, otherGrace = NewSession, before })
			prepared := 0
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			defer cancel()
			got, fresh, code, err := e.Start(ctx, stayPlan(), func(context.Context) error { prepared++; return nil }, s.Streams)
			if (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Fatalf("got %v, want %q; %q", err, c.err, f.calls)
			}
			if c.once != "" && strings.Count(strings.Join(f.calls, "\n"), c.once) != 1 {
				t.Errorf("calls %q, want %q once", f.calls, c.once)
			}
			if code != c.code || err == nil && (fresh != c.fresh || got.ID != id) {
				t.Errorf("got %+v, %v, %d", got, fresh, code)
			}
			f.mu.Lock()
			defer f.mu.Unlock()
			if created := slices.ContainsFunc(f.calls, func(call string) bool { return strings.HasPrefix(call, create) }); created != (prepared == 1) {
				t.Errorf("prepared %d times for %q", prepared, f.calls)
			}
			if out, said := read(t, s.out), read(t, s.err); out != "" || said != c.said {
				t.Errorf("stdout %q, stderr %q", out, said)
			}
			left := c.calls
			for _, call := range f.calls {
				if len(left) > 0 && call == left[0] {
					left = left[1:]
				}
				if c.without != "" && strings.HasPrefix(call, c.without) {
					t.Errorf("call %q", call)
				}
			}
			if len(left) > 0 {
				t.Errorf("calls %q, want %q", f.calls, c.calls)
			}
		})
	}
}

// A program in the container may speak in ctenv-init's place, for as long as it likes.
func TestAwaitReadyCap(t *testing.T) {
	_, h := stayFake(t, map[string][]answer{
		"GET /containers/json":          {listed("running")},
		"GET /exec/" + execID + "/json": {{200, `{"ExitCode": 1}`}},
	}, "no room"+strings.Repeat("x", 1<<20))
	_, _, _, err := connect(t, h).Start(context.Background(), stayPlan(), nil, streams(t, "").Streams)
	if err == nil || !strings.Contains(err.Error(), "is not ready: no roomxx") || len(err.Error()) > 2*maxSaid {
		t.Errorf("got %.80v…", err)
	}
}

// What an image's labels, or a pattern, make look like a container that stays.
func TestStaying(t *testing.T) {
	const look = "GET /containers/" + id + "/json"
	bare := strings.Replace(listed("running").body, `"Type": "bind"`, `"Type": "volume"`, 1)
	for name, c := range map[string]struct {
		list, inspect answer
		found         bool
	}{
		"ours":                        {list: listed("running"), found: true},
		"ours, uploaded":              {list: answer{200, bare}, inspect: answer{200, `{"HostConfig": {"Mounts": [{"Type": "volume", "Target": "/.ctenv"}]}}`}, found: true},
		"ours, the list says nothing": {list: answer{200, bare}, inspect: answer{200, `{"Mounts": [{"Type": "bind", "Destination": "/.ctenv/ctenv-init"}]}`}, found: true},
		"labels of an image":          {list: answer{200, bare}, inspect: answer{200, `{"Mounts": [{"Type": "volume", "Destination": "/.ctenv"}], "HostConfig": {}}`}},
		"gone meanwhile":              {list: answer{200, bare}, inspect: answer{404, `{}`}},
		"a pattern's":                 {list: answer{200, strings.Replace(listed("running").body, `"/src"`, `"/src2"`, 1)}},
	} {
		t.Run(name, func(t *testing.T) {
			_, h := stayFake(t, map[string][]answer{"GET /containers/json": {c.list}, look: {c.inspect}}, "")
			all, err := connect(t, h).Staying(context.Background(), stayPlan().StayKey())
			if err != nil || (len(all) == 1) != c.found {
				t.Errorf("found %+v, %v", all, err)
			}
		})
	}
}

func TestExec(t *testing.T) {
	const (
		ended = "GET /exec/" + execID + "/json"
		look  = "GET /containers/" + id + "/json"
	)
	running := answer{200, strings.Replace(halted.body, "false", "true", 1)}
	for name, c := range map[string]struct {
		answers map[string][]answer
		streams []string
		code    int
		err     string
		calls   int // besides the ping
	}{
		"exit code":          {map[string][]answer{ended: {{200, `{"ExitCode": 3}`}}}, []string{"oops"}, 3, "", 4},
		"output ended early": {map[string][]answer{ended: {{200, `{"Running": true}`}, {200, `{"ExitCode": 7}`}}}, []string{"oops"}, 7, "", 5},
		"killed alone":       {map[string][]answer{ended: {{200, `{"ExitCode": 137}`}, {200, `{"ExitCode": 0}`}}}, []string{"oops", ""}, 137, "", 7},
		"killed before it was ready": {map[string][]answer{ended: {{200, `{"ExitCode": 137}`}}}, []string{"oops", ""}, 0,
			"ended before the command started: its set-up failed", 7},
		"gone": {map[string][]answer{ended: {{404, `{"message": "no such exec"}`}}, "POST /containers/" + id + "/exec": {{201, `{"Id": "` + execID + `"}`}, {404, `{}`}}},
			[]string{"oops"}, 0, "ended before the command started: its set-up failed", 6},
		"stopped before the command starts": {map[string][]answer{look: {running, halted}, ended: {{200, `{"ExitCode": 3}`}}}, []string{refused, "oops"}, 3, "", 9},
		"stopped again and again":           {map[string][]answer{look: {halted}}, []string{refused, refused, refused}, 0, "container box has ended", 12},
		"stopped, in the engine's words": {map[string][]answer{look: {halted}, ended: {{200, `{"ExitCode": 126, "Pid": 0}`}}}, []string{"task 0123 not found"}, 0,
			"container box ended before the command started", 5},
		"not executable": {map[string][]answer{look: {halted}, ended: {{200, `{"ExitCode": 126, "Pid": 7}`}}}, []string{"oops"}, 126, "", 4},
		"it refuses one": {map[string][]answer{look: {running}}, []string{refused}, 0, "the command does not start: unable to upgrade", 3 + endLooks},
		"it takes none":  {map[string][]answer{"POST /containers/" + id + "/exec": {{409, `{"message": "container is paused"}`}}}, nil, 0, "takes no command: container is paused", 3},
	} {
		t.Run(name, func(t *testing.T) {
			answers := map[string][]answer{"GET /containers/json": {listed("running")}}
			for call, a := range c.answers {
				answers[call] = a
			}
			f, h := stayFake(t, answers, c.streams...)
			e := connect(t, h)
			s := streams(t, "")
			x := stayPlan().Enter(NewSession())
			x.Request.Command, x.Detach = wire.Command{Kind: wire.CommandArgv}, false
			var found Staying
			code, err := e.Exec(context.Background(), stayPlan(), x, nil, s.Streams, func(c Staying, fresh bool) { found = c })
			if code != c.code || (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("got %d, %v, want %d, %q", code, err, c.code, c.err)
			}
			if found.Name != "box" || found.Changed("abc") || !found.Changed("abd") {
				t.Errorf("found %+v", found)
			}
			f.mu.Lock()
			defer f.mu.Unlock()
			if len(f.calls) != c.calls {
				t.Errorf("%d calls %q, want %d", len(f.calls), f.calls, c.calls)
			}
			if slices.Contains(c.streams, "oops") && read(t, s.err) != "oops" {
				t.Errorf("stderr %q", read(t, s.err))
			}
		})
	}
}

// TestMarkWriter cuts a log at every place, which is how a stream may arrive.
func TestMarkWriter(t *testing.T) {
	const odd = "before\n\x00ctenv-ready x\x00\n\x00ctenv-ready "
	other := wire.ReadyMark("fedcba9876543210fedcba9876543210")
	for _, c := range []struct{ mark, log, want string }{
		// Only the first one is ctenv's.
		{"", odd + readyMark + "after\n" + readyMark, odd + "after\n" + readyMark},
		{testMark, odd + other + readyMark + "after\n" + readyMark, odd + other + "after\n" + readyMark},
		// Logs that end in what could have become one.
		{"", odd, odd},
		{testMark, "x" + readyMark[:40], "x" + readyMark[:40]},
	} {
		for size := range len(c.log) {
			var out bytes.Buffer
			found := -1
			w := &markWriter{out: &out, mark: c.mark}
			w.found = func() { found = out.Len() }
			for chunk := range slices.Chunk([]byte(c.log), size+1) {
				if n, err := w.Write(slices.Clone(chunk)); n != len(chunk) || err != nil {
					t.Fatal(n, err)
				}
			}
			if err := w.flush(); err != nil {
				t.Fatal(err)
			}
			at := -1
			if c.log != c.want {
				at = strings.Index(c.want, "after\n")
			}
			if out.String() != c.want || found != at {
				t.Errorf("%q in chunks of %d: %q, found at %d, want %d", c.log, size+1, out.String(), found, at)
			}
		}
	}
}
