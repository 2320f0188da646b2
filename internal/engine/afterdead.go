package engine

import (
	"context"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"

	"ctenv/internal/handover"
	"ctenv/internal/plan"
	"ctenv/internal/procid"
)

// AfterDead removes the containers that clients of the user have made and not started
// before they were killed. It goes on beside a run, which waits for it in its end.
func (e *Engine) AfterDead(ctx context.Context, uid string) (wait func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), RemoveGrace)
		defer cancel()
		unstarted := filters.NewArgs(filters.Arg("label", plan.LabelManaged+"=true"), filters.Arg("label", plan.LabelUID+"="+uid), filters.Arg("status", container.StateCreated))
		if e.dialect().Prepares {
			unstarted.Add("status", podmanPrepared)
		}
		found, err := e.API.ContainerList(ctx, container.ListOptions{All: true, Limit: handover.MaxDead, Filters: unstarted})
		if err != nil {
			return // `ctenv clean` says so
		}
		for _, c := range found {
			if c.Labels[plan.LabelManaged] == "" || procid.Of(c.Labels[plan.LabelClient]) != procid.Dead {
				continue
			}
			if own, err := e.own(ctx, c); own && err == nil { // and no stranger's, whose image has the labels
				_ = e.TryRemove(ctx, c.ID)
			}
		}
	}()
	return func() { <-done }
}
