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
