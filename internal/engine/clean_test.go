package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ctenv/internal/engine/fakeengine"
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
// long, and not while its image may be being made.
func TestLeftDerivations(t *testing.T) {
	now, old := time.Now(), time.Now().Add(-2*unstartedFor)
	answers := map[string][]fakeengine.Answer{}
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
	e := connect(t, fakeengine.New(answers))
	left, err := e.leftDerivations(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, l := range left {
		names = append(names, l.Name)
	}
	slices.Sort(names)
	if got := strings.Join(names, " "); got != "ctenv-derive-old ctenv-derive-unbegun" {
		t.Errorf("got %s", got)
	}
}

// TestLeftNetworks: a network is not left behind while a container has it that stays, which
// may have been stopped.
func TestLeftNetworks(t *testing.T) {
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
		left, err := e.Left(context.Background(), 1, false)
		var names []string
		for _, l := range left {
			names = append(names, l.Name)
		}
		if got := strings.Join(names, " "); err != nil || got != tt.want {
			t.Errorf("%s: left are %q, %v; want %q", name, got, err, tt.want)
		}
	}
}

// TestAfterDead: what dead clients have made goes, and not what has their labels from its
// image.
func TestAfterDead(t *testing.T) {
	alive := procid.Self()
	dead := alive + "0" // started at another time
	box := func(name, managed, client, image string) string {
		return fmt.Sprintf(`{"Id": %q, "Names": ["/%[1]s"], "State": "created", "ImageID": %q, "Labels": {"se.osd.ctenv.uid": "1", %s "se.osd.ctenv.client": %q}}`, name, image, managed, client)
	}
	const managed = `"se.osd.ctenv.managed": "true",`
	bare := fakeengine.Answer{Status: 200, Body: `{"State": {}, "Config": {}, "HostConfig": {}}`}
	f := fakeengine.New(map[string][]fakeengine.Answer{
		"GET /containers/json": {{Status: 200, Body: "[" + strings.Join([]string{
			box("ours", managed, dead, "busybox"), box("lives", managed, alive, "busybox"), box("labelled", managed, dead, "hostile"), box("half", "", dead, "busybox"),
		}, ",") + "]"}},
		"GET /images/hostile/json":      {{Status: 200, Body: `{"Config": {"Labels": {"se.osd.ctenv.managed": "true"}}}`}},
		"GET /containers/labelled/json": {bare},
		"DELETE /containers/ours":       {{Status: 204}},
		"DELETE /containers/labelled":   {{Status: 204}},
		"DELETE /containers/half":       {{Status: 204}},
	})
	connect(t, f).AfterDead(context.Background(), "1")()
	removed := slices.DeleteFunc(f.Calls(), func(call string) bool { return !strings.HasPrefix(call, "DELETE") })
	if got := strings.Join(removed, ", "); got != "DELETE /containers/ours" {
		t.Errorf("removed by %q", got)
	}
}
