package persist

import (
	"context"
	"fmt"

	"ctenv/internal/engine"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
)

// StopOptions say how a container is stopped.
type StopOptions struct {
	Timeout *int // seconds that it gets before it is killed, nil for the engine's choice
	Force   bool // it is killed at once, and nothing in it is told
}

// Stop ends a container that stays and returns when it is gone. What runs in it is
// told first (setup.pause).
func Stop(ctx context.Context, e *engine.Engine, c Container, o StopOptions) error {
	gone := func(err error) bool { return err == nil || cerrdefs.IsNotFound(err) || cerrdefs.IsConflict(err) }
	fail := func(err error) error {
		if engine.ConnectionLost(err) {
			return e.Lost(err)
		}
		return &engine.Error{Msg: fmt.Sprintf("cannot stop container %s", c.Name), Err: err}
	}
	if o.Force {
		// Removing it by force would be a stop on podman.
		if err := e.API.ContainerKill(ctx, c.ID, "KILL"); !gone(err) {
			return fail(err)
		}
	} else if err := e.API.ContainerStop(ctx, c.ID, container.StopOptions{Timeout: o.Timeout}); !gone(err) {
		return fail(err)
	}
	// The engine removes it by itself, unless it was not running.
	err := e.API.ContainerRemove(ctx, c.ID, container.RemoveOptions{Force: true, RemoveVolumes: true})
	if !gone(err) {
		return fail(err)
	}
	ended, failed := e.API.ContainerWait(ctx, c.ID, container.WaitConditionRemoved)
	select {
	case <-ended:
	case err := <-failed:
		if !gone(err) {
			return fail(err)
		}
	}
	forget(e, c)
	return nil
}
