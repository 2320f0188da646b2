package process

import (
	"context"
	"slices"
	"testing"
	"time"

	"ctenv/internal/engine/fakeengine"
	"ctenv/internal/plan"
)

// TestKeyInVain: where ctenv-init cannot be started, as in a paused container or by an engine that
// does not answer, a key goes by the engine's init; not where the container is gone.
func TestKeyInVain(t *testing.T) {
	defer func(d time.Duration) { sendGrace = d }(sendGrace)
	sendGrace = 100 * time.Millisecond
	const exec = "POST /containers/" + fakeengine.ID + "/exec"
	for name, c := range map[string]struct {
		answers map[string][]fakeengine.Answer
		killed  bool
	}{
		"paused":    {map[string][]fakeengine.Answer{exec: {{Status: 409, Body: `{"message": "Container is paused, unpause the container before exec"}`}}}, true},
		"gone":      {map[string][]fakeengine.Answer{exec: {{Status: 404, Body: `{"message": "No such container"}`}}}, false},
		"no answer": {nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			f := fakeengine.New(c.answers)
			f.Hangs = exec[len("POST /"):]
			if c.answers != nil {
				f.Hangs = ""
			}
			r := &Box{e: connect(t, f), p: plan.Plan{Request: fakeengine.Request()}, s: fakeengine.Streams(t, "").Streams, ID: fakeengine.ID}
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			r.signalAsTerminal(ctx, 2)
			if ctx.Err() != nil {
				t.Error("it waits for ever")
			}
			if killed := slices.Contains(f.Calls(), "POST /containers/"+fakeengine.ID+"/kill"); killed != c.killed {
				t.Errorf("the engine was told: %v; %q", killed, f.Calls())
			}
		})
	}
}
