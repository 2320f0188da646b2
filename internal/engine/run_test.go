package engine

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"ctenv/internal/plan"
)

func TestRunAttached(t *testing.T) {
	f := newFake(nil)
	e := connect(t, f)
	s := streams(t, "a\x00b")
	p := plan.Plan{Image: "busybox", Name: "box", OpenStdin: true, Request: request()}
	code, err := e.Run(context.Background(), p, s.Streams)
	if code != 3 || err != nil {
		t.Errorf("got %d, %v, want 3", code, err)
	}
	if out, errOut := read(t, s.out), read(t, s.err); out != "a\x00b" || errOut != "oops" {
		t.Errorf("stdout %q, stderr %q", out, errOut)
	}
	want := []string{
		"POST /containers/create box",
		"POST /containers/" + id + "/attach",
		"POST /containers/" + id + "/wait",
		"POST /containers/" + id + "/start",
	}
	if !slices.Equal(f.calls, want) {
		t.Errorf("calls %q, want %q", f.calls, want)
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
			f := newFake(nil)
			e := connect(t, f)
			s := streams(t, strings.Repeat("x", 16<<20)).Streams
			s.Out = c.out
			p := plan.Plan{Image: "busybox", OpenStdin: true, Request: request()}
			code, err := e.Run(context.Background(), p, s)
			if code != c.code || (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("got %d, %v, want %d, %q", code, err, c.code, c.err)
			}
			f.mu.Lock()
			defer f.mu.Unlock()
			if !slices.Contains(f.calls, "POST /containers/"+id+"/kill") {
				t.Errorf("the command was not told: %q", f.calls)
			}
		})
	}
}

func TestRunAttachedLosesTheEngine(t *testing.T) {
	f := newFake(map[string][]answer{"POST /containers/" + id + "/wait": {{200, ""}}})
	e := connect(t, f)
	p := plan.Plan{Image: "busybox", OpenStdin: true, Request: request()}
	_, err := e.Run(context.Background(), p, streams(t, "").Streams)
	if err == nil || !strings.Contains(err.Error(), "went away") {
		t.Errorf("got %v, want an error that says the engine went away", err)
	}
}

// TestRunDetached looks at all that happens up to the start, call by call.
func TestRunDetached(t *testing.T) {
	const create = "POST /containers/create"
	const start = "POST /containers/" + id + "/start"
	const remove = "DELETE /containers/" + id
	const others = "GET /containers/json"
	const look = "GET /images/busybox/json"
	const pull = "POST /images/create"
	noImage := answer{404, `{"message": "No such image"}`}
	made := answer{201, `{"Id": "` + id + `", "Warnings": ["odd"]}`}

	for name, c := range map[string]struct {
		plan    plan.Plan
		answers map[string][]answer
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
			answers: map[string][]answer{create: {made}},
			calls:   []string{create, start},
			said:    "odd",
		},
		"missing image": {
			answers: map[string][]answer{create: {noImage, made}, look: {noImage}},
			calls:   []string{create, look, pull, create, start},
			said:    "pulling busybox",
		},
		"missing image, never": {
			plan:    plan.Plan{Pull: "never"},
			answers: map[string][]answer{create: {noImage}, look: {noImage}},
			calls:   []string{create, look},
			err:     `image "busybox" is not on the engine`,
			hint:    "docker pull busybox",
		},
		"missing platform, never": {
			plan:    plan.Plan{Pull: "never", Platform: "linux/arm64"},
			answers: map[string][]answer{create: {noImage}},
			calls:   []string{create, look},
			err:     `image "busybox" is on the engine for linux/amd64 only, not for linux/arm64`,
			hint:    "--platform linux/arm64",
		},
		"a pull that fails": {
			answers: map[string][]answer{
				create: {noImage}, look: {noImage},
				pull: {{200, `{"errorDetail": {"message": "no route"}, "error": "no route"}`}},
			},
			calls: []string{create, look, pull},
			err:   `cannot pull "busybox": no route`,
			hint:  "does the engine reach the registry docker.io?",
		},
		"a pull that does not help": {
			answers: map[string][]answer{create: {noImage}, look: {noImage}},
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
			answers: map[string][]answer{"POST /networks/create": {{409, `{"message": "exists"}`}}},
			calls:   []string{"GET /networks/office", look, "GET /networks/office", "POST /networks/create", create, start},
		},
		"a network that is there": {
			plan:    plan.Plan{Network: "office", CreateNetwork: true},
			answers: map[string][]answer{"GET /networks/office": {{200, `{"Name": "office"}`}}},
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
			answers: map[string][]answer{look: {{404, `{"message": "No such image: busybox"}`}}},
			calls:   []string{"GET /networks/office", look},
			err:     `image "busybox" is not on the engine, and ` + "`pull = \"never\"`" + ` forbids to fetch it`,
			hint:    "build it, or fetch it with `docker pull busybox`",
		},
		"a start that fails": {
			answers: map[string][]answer{start: {{500, `{"message": "runc: no"}`}}},
			calls:   []string{create, start, remove, others},
			err:     `the container of "busybox" does not start: runc: no`,
		},
		"a container that cannot be removed": {
			answers: map[string][]answer{start: {{500, `{"message": "no"}`}}, remove: {{500, `{"message": "stuck"}`}}},
			calls:   []string{create, start, remove, others},
			err:     "does not start",
			said:    "container 0123456789ab is left behind: stuck",
		},
		"a conflict that is not the name's": {
			answers: map[string][]answer{create: {{409, `{"message": "volume v exists with another driver"}`}}},
			calls:   []string{create},
			err:     `cannot make a container of "busybox": volume v exists with another driver`,
		},
		"a create that fails": {
			answers: map[string][]answer{create: {{400, `{"message": "Duplicate mount point: /x"}`}}},
			calls:   []string{create},
			err:     "two mounts have the same target: Duplicate mount point: /x",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("HOME", t.TempDir())
			t.Setenv("XDG_CACHE_HOME", "")
			t.Setenv("DOCKER_CONFIG", t.TempDir())
			f := newFake(c.answers)
			e := connect(t, f)
			s := streams(t, "")
			root := t.TempDir()
			c.plan.Image, c.plan.Detach, c.plan.Request = "busybox", true, request()
			c.plan.HostPaths = []plan.HostPath{{Root: root, Rel: "a/b"}}

			code, err := e.Run(context.Background(), c.plan, s.Streams)
			if code != 0 {
				t.Errorf("exit code %d, want 0", code)
			}
			if !slices.Equal(f.calls, c.calls) {
				t.Errorf("calls\n%q, want\n%q", f.calls, c.calls)
			}
			if c.said != "" && !slices.Contains(s.lines, c.said) {
				t.Errorf("said %q, want %q among it", s.lines, c.said)
			}
			if c.err == "" {
				if err != nil {
					t.Errorf("got %v", err)
				}
				if out := read(t, s.out); out != id+"\n" {
					t.Errorf("stdout %q, want the id", out)
				}
				if there := tree(t, root); len(there) != 2 {
					t.Errorf("the mount point was not made: %q", there)
				}
				return
			}
			var got *Error
			if !errors.As(err, &got) || !strings.Contains(got.Error(), c.err) || !strings.Contains(got.Hint, c.hint) {
				t.Errorf("got %v, want %q with a hint about %q", err, c.err, c.hint)
			}
			if there := tree(t, root); len(there) != 0 {
				t.Errorf("left on the host: %q", there)
			}
		})
	}
}

func TestRunInterrupted(t *testing.T) {
	for name, c := range map[string]struct {
		answers map[string][]answer
		calls   []string
	}{
		"during the pull": {
			answers: map[string][]answer{"POST /images/create": {hang}},
			calls:   []string{"POST /images/create"},
		},
		"while the network is made": {
			answers: map[string][]answer{
				"POST /images/create":  {{200, ""}},
				"GET /networks/office": {hang},
			},
			calls: []string{"POST /images/create", "GET /networks/office"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("DOCKER_CONFIG", t.TempDir())
			f := newFake(c.answers)
			e := connect(t, f)
			p := plan.Plan{Image: "busybox", Pull: "always", Network: "office", CreateNetwork: true, Request: request()}
			code, err := e.Run(context.Background(), p, streams(t, "").Streams)
			if code != 130 || err != nil {
				t.Errorf("got %d, %v, want 130", code, err)
			}
			if !slices.Equal(f.calls, c.calls) {
				t.Errorf("calls %q, want %q", f.calls, c.calls)
			}
		})
	}
}

func TestRunNameTaken(t *testing.T) {
	f := newFake(map[string][]answer{"POST /containers/create": {taken, {201, `{"Id": "` + id + `"}`}}})
	e := connect(t, f)
	p := plan.Plan{Image: "busybox", Name: "box", Detach: true, Request: request()}
	if _, err := e.Run(context.Background(), p, streams(t, "").Streams); err != nil {
		t.Fatal(err)
	}
	if f.calls[0] != "POST /containers/create box" || !strings.HasPrefix(f.calls[1], "POST /containers/create box-") {
		t.Errorf("calls %q, want the name and then one with a suffix", f.calls)
	}

	f = newFake(map[string][]answer{"POST /containers/create": {taken}})
	e = connect(t, f)
	if _, err := e.Run(context.Background(), p, streams(t, "").Streams); err == nil || len(f.calls) != maxNames {
		t.Errorf("got %v after %d calls, want an error after %d", err, len(f.calls), maxNames)
	}
}

func TestImageConfigPullsOnce(t *testing.T) {
	f := newFake(map[string][]answer{"GET /images/busybox/json": {
		{200, `{"Os": "linux", "Architecture": "amd64", "Config": {"Entrypoint": ["/e"], "Cmd": ["c"]}}`},
	}})
	e := connect(t, f)
	t.Setenv("DOCKER_CONFIG", t.TempDir())
	s := streams(t, "").Streams
	entrypoint, cmd, err := e.ImageConfig(context.Background(), "busybox", "", "always", s)
	if err != nil || !slices.Equal(entrypoint, []string{"/e"}) || !slices.Equal(cmd, []string{"c"}) {
		t.Errorf("got %q, %q, %v", entrypoint, cmd, err)
	}
	p := plan.Plan{Image: "busybox", Pull: "always", Detach: true, Request: request()}
	if _, err := e.Run(context.Background(), p, s); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(strings.Join(f.calls, "\n"), "POST /images/create"); n != 1 {
		t.Errorf("pulled %d times, want once: %q", n, f.calls)
	}
}

func TestList(t *testing.T) {
	f := newFake(map[string][]answer{"GET /containers/json": {{200, `[{
		"Id": "` + id + `", "Names": ["/box"], "Image": "busybox", "State": "running", "Status": "Up 2 hours",
		"Created": 86400,
		"Labels": {"se.osd.ctenv.project_dir": "/src", "se.osd.ctenv.container": "build"}
	}]`}}})
	e := connect(t, f)
	list, err := e.List(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"id":"` + id + `","project_dir":"/src","container":"build","state":"running",` +
		`"status":"Up 2 hours","names":["box"],"image":"busybox","created":"1970-01-02T00:00:00Z"}]`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
