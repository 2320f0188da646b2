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
// unless it is old.
func TestAwaitDerived(t *testing.T) {
	before := engine.OtherGrace
	engine.OtherGrace = derivePoll
	t.Cleanup(func() { engine.OtherGrace = before })
	const remove = "DELETE /containers/box"
	for name, c := range map[string]struct {
		state   string
		age     time.Duration
		removed bool
	}{
		"about to start":           {state: "created"},
		"about to start on podman": {state: "configured"},
		"never started":            {state: "created", age: 2 * unstartedGrace, removed: true},
		"dead":                     {state: "dead", removed: true},
	} {
		t.Run(name, func(t *testing.T) {
			d := made("true")
			p := plan.Plan{Image: d.Name("new"), Derive: &d}
			none := fakeengine.Answer{Status: 404, Body: `{"message": "no such image"}`}
			box := fmt.Sprintf(`{"Id": "b", "Created": %q, "Config": {}, "HostConfig": {}, "State": {"Status": %q}}`, time.Now().Add(-c.age).Format(time.RFC3339Nano), c.state)
			fake, e := withImages(t)
			fake.Answers["GET /containers/box/json"] = []fakeengine.Answer{{Status: 200, Body: box}}
			fake.Answers["GET /images/"+p.Image+"/json"] = append(slices.Repeat([]fakeengine.Answer{none}, 6), fakeengine.Answer{Status: 200, Body: `{"Id": "made", "Os": "linux", "Architecture": "amd64"}`})
			fake.Answers[remove] = []fakeengine.Answer{{Status: 204}}
			there, err := awaitDerived(context.Background(), e, p, "box")
			if removed := strings.Contains(strings.Join(fake.Calls(), "\n"), remove); err != nil || there == c.removed || removed != c.removed {
				t.Errorf("there %v, %v; %q", there, err, fake.Calls())
			}
		})
	}
}
