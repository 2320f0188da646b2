package derive

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ctenv/internal/engine"
	"ctenv/internal/engine/fakeengine"
	"ctenv/internal/plan"
)

// TestAwaitDerived: a container that was never started may be that of a ctenv that lives,
// unless it stays so for long. When it was made the engine says by a clock of its own.
func TestAwaitDerived(t *testing.T) {
	other, unstarted := engine.OtherGrace, engine.UnstartedGrace
	engine.OtherGrace = derivePoll
	t.Cleanup(func() { engine.OtherGrace, engine.UnstartedGrace = other, unstarted })
	const remove = "DELETE /containers/box"
	for name, c := range map[string]struct {
		states  []string      // the last one stays
		age     time.Duration // by our clock
		behind  time.Duration // the engine's clock
		grace   time.Duration // 0 for the usual one
		removed bool
	}{
		"about to start":              {states: []string{"created"}},
		"about to start on podman":    {states: []string{"configured"}},
		"made long ago, by our clock": {states: []string{"created", "created", "running"}, age: time.Hour, behind: time.Hour},
		"left long ago":               {states: []string{"created"}, age: time.Hour, removed: true},
		"never started":               {states: []string{"created"}, grace: derivePoll, removed: true},
		"dead":                        {states: []string{"dead"}, removed: true},
	} {
		t.Run(name, func(t *testing.T) {
			engine.UnstartedGrace = unstarted
			if c.grace > 0 {
				engine.UnstartedGrace = c.grace
			}
			d := made("true")
			p := plan.Plan{Image: d.Name("new"), Derive: &d}
			none := fakeengine.Answer{Status: 404, Body: `{"message": "no such image"}`}
			fake, e := withImages(t)
			for _, state := range c.states {
				fake.Answers["GET /containers/box/json"] = append(fake.Answers["GET /containers/box/json"], fakeengine.Answer{Status: 200, Body: fmt.Sprintf(
					`{"Id": "b", "Created": %q, "Config": {}, "HostConfig": {}, "State": {"Status": %q, "Running": %v}}`, time.Now().Add(-c.age).Format(time.RFC3339Nano), state, state == "running")})
			}
			fake.Answers["GET /images/"+p.Image+"/json"] = append(slices.Repeat([]fakeengine.Answer{none}, 6), fakeengine.Answer{Status: 200, Body: `{"Id": "made", "Os": "linux", "Architecture": "amd64"}`})
			fake.Answers["GET /info"] = []fakeengine.Answer{{Status: 200, Body: fmt.Sprintf(`{"SystemTime": %q}`, time.Now().Add(-c.behind).Format(time.RFC3339Nano))}}
			fake.Answers[remove] = []fakeengine.Answer{{Status: 204}}
			there, err := awaitDerived(context.Background(), e, p, "box")
			if removed := strings.Contains(strings.Join(fake.Calls(), "\n"), remove); err != nil || there == c.removed || removed != c.removed {
				t.Errorf("there %v, %v; %q", there, err, fake.Calls())
			}
		})
	}
}
