package prune

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"ctenv/internal/engine"
	"ctenv/internal/engine/fakeengine"
	"ctenv/internal/plan"
	"ctenv/internal/procid"
)

// TestIsLeft: what waits for its start is another run's, unless that is dead.
func TestIsLeft(t *testing.T) {
	for _, tc := range []struct {
		state  string
		client procid.State
		age    time.Duration
		want   bool
	}{
		{"created", procid.Alive, 24 * time.Hour, false},
		{"created", procid.Dead, 0, true},
		{"created", procid.Unknown, 0, false},
		{"created", procid.Unknown, 2 * unstartedFor, true},
		{"configured", procid.Dead, 0, true},
		{"running", procid.Dead, 24 * time.Hour, false}, // stop ends it
		{"paused", procid.Dead, 24 * time.Hour, false},
		{"exited", procid.Dead, 0, true},
		{"exited", procid.Alive, 0, false}, // which is about to look how
	} {
		if got := isLeft(tc.state, tc.client, tc.age); got != tc.want {
			t.Errorf("%+v: got %v", tc, got)
		}
	}
}

// A container in which an image is derived is left behind when nobody has touched it for
// long, and not while its image may be being made. What is long ago the engine's clock says.
func TestDerivations(t *testing.T) {
	for clock, tt := range map[string]struct {
		now  func() string
		want string
	}{
		"ours":          {func() string { return time.Now().UTC().Format(time.RFC3339Nano) }, "ctenv-derive-old ctenv-derive-unbegun"},
		"hours behind":  {func() string { return time.Now().Add(-2 * unstartedFor).Format(time.RFC3339Nano) }, ""},
		"not to be had": {func() string { return "" }, ""},
	} {
		t.Run(clock, func(t *testing.T) {
			e := connect(t, fakeengine.New(boxes(tt.now())))
			left, err := derivations(context.Background(), e)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, l := range left {
				names = append(names, l.Name)
			}
			slices.Sort(names)
			if got := strings.Join(names, " "); got != tt.want {
				t.Errorf("got %s", got)
			}
		})
	}
}

// boxes are the answers of an engine that has several, and that time.
func boxes(systemTime string) map[string][]fakeengine.Answer {
	now, old := time.Now(), time.Now().Add(-2*unstartedFor)
	answers := map[string][]fakeengine.Answer{"GET /info": {{Status: 200, Body: fmt.Sprintf(`{"SystemTime": %q}`, systemTime)}}}
	var list []string
	for name, box := range map[string]struct {
		state             string
		running           bool
		created, finished time.Time
	}{
		"ctenv-derive-old":      {"exited", false, old, old},
		"ctenv-derive-works":    {"running", true, old, time.Time{}},
		"ctenv-derive-is-kept":  {"exited", false, old, now},
		"ctenv-derive-new":      {"created", false, now, time.Time{}},
		"ctenv-derive-unbegun":  {"created", false, old, time.Time{}},
		"not-ctenv-derive-ours": {"exited", false, old, old},
	} {
		list = append(list, fmt.Sprintf(`{"Id": %q, "Names": ["/%[1]s"], "State": %q, "Created": %d}`, name, box.state, box.created.Unix()))
		answers["GET /containers/"+name+"/json"] = []fakeengine.Answer{{Status: 200, Body: fmt.Sprintf(`{"Config": {}, "HostConfig": {}, "State": {"Status": %q, "Running": %v, "FinishedAt": %q}}`,
			box.state, box.running, box.finished.Format(time.RFC3339Nano))}}
	}
	answers["GET /containers/json"] = []fakeengine.Answer{{Status: 200, Body: "[" + strings.Join(list, ",") + "]"}}
	return answers
}

// TestEngineSaysNothing: an engine that leaves out what a container is ends nothing but the call.
func TestEngineSaysNothing(t *testing.T) {
	e := connect(t, fakeengine.New(map[string][]fakeengine.Answer{
		"GET /containers/x/json": {{Status: 200, Body: `{"State": {}, "Config": {}}`}},
		"GET /containers/json":   {{Status: 200, Body: `[{"Id": "x", "Names": ["/` + plan.DerivationPrefix + `1"]}]`}},
		"GET /volumes":           {{Status: 200, Body: `{"Volumes": [null]}`}},
	}))
	ctx := context.Background()
	if left, err := derivations(ctx, e); len(left) > 0 || err != nil {
		t.Errorf("left are %v, %v", left, err)
	}
	if left, err := namedVolumes(ctx, e, 1); len(left) > 0 || err != nil {
		t.Errorf("left are %v, %v", left, err)
	}
}

// TestContainers: a container of a client that nobody knows is as old as the engine's clock says.
func TestContainers(t *testing.T) {
	made := time.Now().Add(-2 * unstartedFor)
	for now, want := range map[time.Time]int{made.Add(time.Minute): 0, time.Now(): 1} {
		e := connect(t, fakeengine.New(map[string][]fakeengine.Answer{
			"GET /info": {{Status: 200, Body: fmt.Sprintf(`{"SystemTime": %q}`, now.Format(time.RFC3339Nano))}},
			"GET /containers/json": {{Status: 200, Body: fmt.Sprintf(`[{"Id": "b", "Names": ["/b"], "State": "created", "Created": %d, "Labels": {"se.osd.ctenv.uid": "1", "se.osd.ctenv.managed": "true"},
				"Mounts": [{"Type": "bind", "Destination": "/.ctenv/ctenv-init"}]}]`, made.Unix())}},
		}))
		if left, err := containers(context.Background(), e, 1); err != nil || len(left) != want {
			t.Errorf("at %v: %v, %v", now, left, err)
		}
	}
}

// TestNetworks: a network is not left behind while a container has it that stays, which
// may have been stopped.
func TestNetworks(t *testing.T) {
	const ended = `[{"Id": "db", "Names": ["/db"], "State": "exited", "Labels": {"se.osd.ctenv.uid": "1"}, "Mounts": [{"Type": "bind", "Destination": "/.ctenv/ctenv-init"}]}]`
	for name, tt := range map[string]struct{ made, has, want string }{
		"nobody's":               {`[]`, `[]`, "net"},
		"of a stopped one":       {`[]`, ended, ""},
		"of one that goes first": {ended, ended, "db net"},
	} {
		answer := func(body string) fakeengine.Answer { return fakeengine.Answer{Status: 200, Body: body} }
		e := connect(t, fakeengine.New(map[string][]fakeengine.Answer{
			"GET /containers/json": {answer(tt.made), answer(`[]`), answer(tt.has)}, // ctenv's, for derivations, with the network
			"GET /networks":        {answer(`[{"Id": "n", "Name": "net"}]`)},
			"GET /networks/n":      {answer(`{"Id": "n", "Name": "net"}`)},
		}))
		left, err := Find(context.Background(), e, 1, false)
		var names []string
		for _, l := range left {
			names = append(names, l.Name)
		}
		if got := strings.Join(names, " "); err != nil || got != tt.want {
			t.Errorf("%s: left are %q, %v; want %q", name, got, err, tt.want)
		}
	}
}

func connect(t *testing.T, f *fakeengine.Fake) *engine.Engine {
	t.Helper()
	fakeengine.Serve(t, f)
	e, err := engine.Connect(context.Background(), engine.Options{Getenv: os.Getenv})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}
