package process

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"ctenv/internal/engine"
	"ctenv/internal/engine/fakeengine"
	"ctenv/internal/plan"
	"ctenv/internal/streams"
)

func TestRunAttached(t *testing.T) {
	f := fakeengine.New(nil)
	e := connect(t, f)
	s := fakeengine.Streams(t, "a\x00b")
	p := plan.Plan{Image: "busybox", Name: "box", OpenStdin: true, Request: fakeengine.Request()}
	code, err := Run(context.Background(), e, p, s.Streams)
	if code != 3 || err != nil {
		t.Errorf("got %d, %v, want 3", code, err)
	}
	if out, errOut := fakeengine.Read(t, s.OutFile), fakeengine.Read(t, s.ErrFile); out != "a\x00b" || errOut != "oops" {
		t.Errorf("stdout %q, stderr %q", out, errOut)
	}
	want := []string{
		"POST /containers/create box",
		"POST /containers/" + fakeengine.ID + "/attach",
		"POST /containers/" + fakeengine.ID + "/wait",
		"POST /containers/" + fakeengine.ID + "/start",
	}
	if !slices.Equal(f.Calls(), want) {
		t.Errorf("calls %q, want %q", f.Calls(), want)
	}
}

// TestRunOutputNotTaken has more output than fits into any buffer, and nobody who
// takes it.
func TestRunOutputNotTaken(t *testing.T) {
	broken, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	broken.Close()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		out  *os.File
		code int
		err  string
	}{
		"reader gone": {out, 141, ""},
		"disk full":   {full, 0, "cannot write the output"},
	} {
		t.Run(name, func(t *testing.T) {
			defer c.out.Close()
			f := fakeengine.New(nil)
			e := connect(t, f)
			s := fakeengine.Streams(t, strings.Repeat("x", 16<<20)).Streams
			s.Out = c.out
			p := plan.Plan{Image: "busybox", OpenStdin: true, Request: fakeengine.Request()}
			code, err := Run(context.Background(), e, p, s)
			if code != c.code || (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("got %d, %v, want %d, %q", code, err, c.code, c.err)
			}
			if !slices.Contains(f.Calls(), "POST /containers/"+fakeengine.ID+"/kill") {
				t.Errorf("the command was not told: %q", f.Calls())
			}
		})
	}
}

// TestRunOutputCutOff: output of which a part is missing is none of a command that went well.
func TestRunOutputCutOff(t *testing.T) {
	reset := func(conn net.Conn) { _ = conn.(*net.TCPConn).SetLinger(0) }
	for name, c := range map[string]struct {
		stdin bool
		last  func(conn net.Conn)
		err   string
	}{
		"whole":                    {last: func(net.Conn) {}},
		"the engine says so":       {last: func(conn net.Conn) { _, _ = conn.Write(fakeengine.Frame(3, []byte("no space left"))) }, err: "is cut off: the connection to the engine has failed: error from daemon in stream: no space left"},
		"it says what is no frame": {last: func(conn net.Conn) { _, _ = conn.Write([]byte("HTTP/1.1 502")) }, err: "is cut off"},
		"an end within a frame":    {last: func(conn net.Conn) { _, _ = conn.Write(fakeengine.Frame(1, []byte("lost"))[:11]) }, err: "is cut off: the connection to the engine has failed: unexpected EOF"},
		"an end within a header":   {last: func(conn net.Conn) { _, _ = conn.Write([]byte{1, 0}) }, err: "is cut off"},
		"an empty frame":           {last: func(conn net.Conn) { _, _ = conn.Write(fakeengine.Frame(1, nil)) }},
		"reset":                    {last: reset, err: "is cut off"},
		"input is not read":        {stdin: true, last: reset},
	} {
		t.Run(name, func(t *testing.T) {
			f := fakeengine.New(map[string][]fakeengine.Answer{"POST /containers/" + fakeengine.ID + "/wait": {{Status: 200, Body: `{"StatusCode": 0}`}}})
			e := connect(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if !strings.HasSuffix(r.URL.Path, "/attach") {
					f.ServeHTTP(w, r)
					return
				}
				conn, _, err := w.(http.Hijacker).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.WriteString(conn, "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
				f.Await(t, "POST /containers/"+fakeengine.ID+"/start", 1)
				_, _ = conn.Write(append(fakeengine.Frame(1, []byte("part")), fakeengine.Frame(2, []byte(strings.Repeat("x", streams.MaxSaid+1)))...))
				c.last(conn)
				conn.Close()
				close(f.Exited)
			}))
			s := fakeengine.Streams(t, "")
			code, err := Run(context.Background(), e, plan.Plan{Image: "busybox", OpenStdin: c.stdin, Request: fakeengine.Request()}, s.Streams)
			if (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) || err == nil && code != 0 {
				t.Errorf("got %d, %v, want %q", code, err, c.err)
			}
			if out := fakeengine.Read(t, s.OutFile); out != "part" {
				t.Errorf("stdout %q", out)
			}
		})
	}
}

func TestRunAttachedLosesTheEngine(t *testing.T) {
	f := fakeengine.New(map[string][]fakeengine.Answer{"POST /containers/" + fakeengine.ID + "/wait": {{Status: 200, Body: ""}}})
	e := connect(t, f)
	p := plan.Plan{Image: "busybox", OpenStdin: true, Request: fakeengine.Request()}
	_, err := Run(context.Background(), e, p, fakeengine.Streams(t, "").Streams)
	if err == nil || !strings.Contains(err.Error(), "went away") {
		t.Errorf("got %v, want an error that says the engine went away", err)
	}
}

// TestRunDetached looks at all that happens up to the start, call by call.
func TestRunDetached(t *testing.T) {
	const create = "POST /containers/create"
	const start = "POST /containers/" + fakeengine.ID + "/start"
	const remove = "DELETE /containers/" + fakeengine.ID
	const others = "GET /containers/json"
	const look = "GET /images/busybox/json"
	const pull = "POST /images/create"
	noImage := fakeengine.Answer{Status: 404, Body: `{"message": "No such image"}`}
	made := fakeengine.Answer{Status: 201, Body: `{"Id": "` + fakeengine.ID + `", "Warnings": ["odd"]}`}

	for name, c := range map[string]struct {
		plan    plan.Plan
		answers map[string][]fakeengine.Answer
		calls   []string
		err     string
		hint    string
		said    string
	}{
		"the common case": {
			plan:  plan.Plan{Name: "box", Network: "bridge", CreateNetwork: true},
			calls: []string{create + " box", start},
		},
		"a warning": {
			answers: map[string][]fakeengine.Answer{create: {made}},
			calls:   []string{create, start},
			said:    "odd",
		},
		"missing image": {
			answers: map[string][]fakeengine.Answer{create: {noImage, made}, look: {noImage}},
			calls:   []string{create, look, pull, create, start},
			said:    "pulling busybox",
		},
		"missing image, never": {
			plan:    plan.Plan{Pull: "never"},
			answers: map[string][]fakeengine.Answer{create: {noImage}, look: {noImage}},
			calls:   []string{create, look},
			err:     `image "busybox" is not on the engine`,
			hint:    "docker pull busybox",
		},
		"missing platform, never": {
			plan:    plan.Plan{Pull: "never", Platform: "linux/arm64"},
			answers: map[string][]fakeengine.Answer{create: {noImage}},
			calls:   []string{create, look},
			err:     `image "busybox" is on the engine for linux/amd64 only, not for linux/arm64`,
			hint:    "--platform linux/arm64",
		},
		"a pull that fails": {
			answers: map[string][]fakeengine.Answer{
				create: {noImage}, look: {noImage},
				pull: {{Status: 200, Body: `{"errorDetail": {"message": "no route"}, "error": "no route"}`}},
			},
			calls: []string{create, look, pull},
			err:   `cannot pull "busybox": no route`,
			hint:  "does the engine reach the registry docker.io?",
		},
		"a pull that does not help": {
			answers: map[string][]fakeengine.Answer{create: {noImage}, look: {noImage}},
			calls:   []string{create, look, pull, create},
			err:     "No such image",
		},
		"always": {
			plan:  plan.Plan{Pull: "always"},
			calls: []string{pull, create, start},
		},
		"a network to be made": {
			plan:  plan.Plan{Network: "office", CreateNetwork: true},
			calls: []string{"GET /networks/office", look, "GET /networks/office", "POST /networks/create", create, start},
			said:  "made the network office",
		},
		"a network that somebody else made meanwhile": {
			plan:    plan.Plan{Network: "office", CreateNetwork: true},
			answers: map[string][]fakeengine.Answer{"POST /networks/create": {{Status: 409, Body: `{"message": "exists"}`}}},
			calls:   []string{"GET /networks/office", look, "GET /networks/office", "POST /networks/create", create, start},
		},
		"a network that is there": {
			plan:    plan.Plan{Network: "office", CreateNetwork: true},
			answers: map[string][]fakeengine.Answer{"GET /networks/office": {{Status: 200, Body: `{"Name": "office"}`}}},
			calls:   []string{"GET /networks/office", create, start},
		},
		"a missing network": {
			plan:  plan.Plan{Network: "office"},
			calls: []string{"GET /networks/office"},
			err:   `network "office" does not exist`,
			hint:  "make it with `docker network create office`, or set `create_network = true`",
		},
		"a network to be made for an image that is nowhere": {
			plan:    plan.Plan{Network: "office", CreateNetwork: true, Pull: "never"},
			answers: map[string][]fakeengine.Answer{look: {{Status: 404, Body: `{"message": "No such image: busybox"}`}}},
			calls:   []string{"GET /networks/office", look},
			err:     `image "busybox" is not on the engine, and its pull policy "never" forbids fetching it`,
			hint:    "build it, or fetch it with `docker pull busybox`",
		},
		"a start that fails": {
			answers: map[string][]fakeengine.Answer{start: {{Status: 500, Body: `{"message": "runc: no"}`}}},
			calls:   []string{create, start, remove, others},
			err:     `the container of "busybox" does not start: runc: no`,
		},
		"a container that cannot be removed": {
			answers: map[string][]fakeengine.Answer{start: {{Status: 500, Body: `{"message": "no"}`}}, remove: {{Status: 500, Body: `{"message": "stuck"}`}}},
			calls:   []string{create, start, remove, others},
			err:     "does not start",
			said:    "container 0123456789ab is left behind: stuck",
		},
		"a conflict that is not the name's": {
			answers: map[string][]fakeengine.Answer{create: {{Status: 409, Body: `{"message": "volume v exists with another driver"}`}}},
			calls:   []string{create},
			err:     `cannot make a container of "busybox": volume v exists with another driver`,
		},
		"a create that fails": {
			answers: map[string][]fakeengine.Answer{create: {{Status: 400, Body: `{"message": "Duplicate mount point: /x"}`}}},
			calls:   []string{create},
			err:     "two mounts have the same target: Duplicate mount point: /x",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("HOME", t.TempDir())
			t.Setenv("XDG_CACHE_HOME", "")
			t.Setenv("DOCKER_CONFIG", t.TempDir())
			f := fakeengine.New(c.answers)
			e := connect(t, f)
			s := fakeengine.Streams(t, "")
			root := t.TempDir()
			c.plan.Image, c.plan.Detach, c.plan.Request = "busybox", true, fakeengine.Request()
			c.plan.HostPaths = []plan.HostPath{{Root: root, Rel: "a/b"}}

			code, err := Run(context.Background(), e, c.plan, s.Streams)
			if code != 0 {
				t.Errorf("exit code %d, want 0", code)
			}
			if !slices.Equal(f.Calls(), c.calls) {
				t.Errorf("calls\n%q, want\n%q", f.Calls(), c.calls)
			}
			if c.said != "" && !slices.Contains(s.Lines, c.said) {
				t.Errorf("said %q, want %q among it", s.Lines, c.said)
			}
			if c.err == "" {
				if err != nil {
					t.Errorf("got %v", err)
				}
				if out := fakeengine.Read(t, s.OutFile); out != fakeengine.ID+"\n" {
					t.Errorf("stdout %q, want the id", out)
				}
				if there := find(t, root); len(there) != 2 {
					t.Errorf("the mount point was not made: %q", there)
				}
				return
			}
			var got *engine.Error
			if !errors.As(err, &got) || !strings.Contains(got.Error(), c.err) || !strings.Contains(got.Hint, c.hint) {
				t.Errorf("got %v, want %q with a hint about %q", err, c.err, c.hint)
			}
			if there := find(t, root); len(there) != 0 {
				t.Errorf("left on the host: %q", there)
			}
		})
	}
}

func TestRunInterrupted(t *testing.T) {
	for name, c := range map[string]struct {
		answers map[string][]fakeengine.Answer
		calls   []string
	}{
		"during the pull": {
			answers: map[string][]fakeengine.Answer{"POST /images/create": {fakeengine.Hang}},
			calls:   []string{"POST /images/create"},
		},
		"while the network is made": {
			answers: map[string][]fakeengine.Answer{
				"POST /images/create":  {{Status: 200, Body: ""}},
				"GET /networks/office": {fakeengine.Hang},
			},
			calls: []string{"POST /images/create", "GET /networks/office"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("DOCKER_CONFIG", t.TempDir())
			f := fakeengine.New(c.answers)
			e := connect(t, f)
			p := plan.Plan{Image: "busybox", Pull: "always", Network: "office", CreateNetwork: true, Request: fakeengine.Request()}
			code, err := Run(context.Background(), e, p, fakeengine.Streams(t, "").Streams)
			if code != 130 || err != nil {
				t.Errorf("got %d, %v, want 130", code, err)
			}
			if !slices.Equal(f.Calls(), c.calls) {
				t.Errorf("calls %q, want %q", f.Calls(), c.calls)
			}
		})
	}
}

func TestRunNameTaken(t *testing.T) {
	f := fakeengine.New(map[string][]fakeengine.Answer{"POST /containers/create": {fakeengine.Taken, {Status: 201, Body: `{"Id": "` + fakeengine.ID + `"}`}}})
	e := connect(t, f)
	p := plan.Plan{Image: "busybox", Name: "box", Detach: true, Request: fakeengine.Request()}
	if _, err := Run(context.Background(), e, p, fakeengine.Streams(t, "").Streams); err != nil {
		t.Fatal(err)
	}
	if f.Calls()[0] != "POST /containers/create box" || !strings.HasPrefix(f.Calls()[1], "POST /containers/create box-") {
		t.Errorf("calls %q, want the name and then one with a suffix", f.Calls())
	}

	const maxNames = 5 // as the engine package has it
	f = fakeengine.New(map[string][]fakeengine.Answer{"POST /containers/create": {fakeengine.Taken}})
	e = connect(t, f)
	if _, err := Run(context.Background(), e, p, fakeengine.Streams(t, "").Streams); err == nil || len(f.Calls()) != maxNames {
		t.Errorf("got %v after %d calls, want an error after %d", err, len(f.Calls()), maxNames)
	}
}

func TestImageConfigPullsOnce(t *testing.T) {
	f := fakeengine.New(map[string][]fakeengine.Answer{"GET /images/busybox/json": {
		{Status: 200, Body: `{"Os": "linux", "Architecture": "amd64", "Config": {"Entrypoint": ["/e"], "Cmd": ["c"]}}`},
	}})
	e := connect(t, f)
	t.Setenv("DOCKER_CONFIG", t.TempDir())
	s := fakeengine.Streams(t, "").Streams
	entrypoint, cmd, err := e.ImageConfig(context.Background(), "busybox", "", "always", s)
	if err != nil || !slices.Equal(entrypoint, []string{"/e"}) || !slices.Equal(cmd, []string{"c"}) {
		t.Errorf("got %q, %q, %v", entrypoint, cmd, err)
	}
	p := plan.Plan{Image: "busybox", Pull: "always", Detach: true, Request: fakeengine.Request()}
	if _, err := Run(context.Background(), e, p, s); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(strings.Join(f.Calls(), "\n"), "POST /images/create"); n != 1 {
		t.Errorf("pulled %d times, want once: %q", n, f.Calls())
	}
}

func connect(t *testing.T, h http.Handler) *engine.Engine {
	return connectAs(t, h, engine.Options{})
}

func connectAs(t *testing.T, h http.Handler, o engine.Options) *engine.Engine {
	t.Helper()
	fakeengine.Serve(t, h)
	o.Getenv = os.Getenv
	e, err := engine.Connect(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}
