package process

import (
	"context"
	"os"

	"ctenv/internal/engine"
	"ctenv/internal/handover"
	"ctenv/internal/plan"
)

// holdFor has a directory locked for a run until release is called, where its hand-over
// has none, and cleans up after those that were killed before they started their
// container: their directories say that there were some, so that a run asks no more of
// the engine where there were none.
func holdFor(ctx context.Context, e *engine.Engine, p plan.Plan, d *handover.Handover) (release func()) {
	var h *handover.Dir
	switch {
	case d != nil:
		h = d.Dir
	case p.SocketDir != "" && os.MkdirAll(p.SocketDir, 0o755) == nil:
		h, _ = handover.NewDir(p.SocketDir) // without one there is only `ctenv clean`
	}
	if h == nil {
		return func() {}
	}
	wait := func() {}
	if h.Dead > 0 {
		wait = e.AfterDead(ctx, p.Labels[plan.LabelUID])
	}
	return func() {
		wait()
		if d == nil {
			h.Release()
		}
	}
}
