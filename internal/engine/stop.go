package engine

import (
	"context"
	"fmt"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
)

// Stop ends a container that stays and returns when it is gone. What runs in it is
// told first (setup.pause).
func (e *Engine) Stop(ctx context.Context, c Staying) error {
	gone := func(err error) bool { return err == nil || cerrdefs.IsNotFound(err) || cerrdefs.IsConflict(err) }
	fail := func(err error) error {
		if connectionLost(err) {
			return e.lost(err)
		}
		return &Error{Msg: fmt.Sprintf("cannot stop container %s", c.Name), Err: err}
	}
	if err := e.api.ContainerStop(ctx, c.ID, container.StopOptions{}); !gone(err) {
		return fail(err)
	}
	// The engine removes it by itself, unless it was not running.
	err := e.api.ContainerRemove(ctx, c.ID, container.RemoveOptions{Force: true, RemoveVolumes: true})
	if !gone(err) {
		return fail(err)
	}
	ended, failed := e.api.ContainerWait(ctx, c.ID, container.WaitConditionRemoved)
	select {
	case <-ended:
	case err := <-failed:
		if !gone(err) {
			return fail(err)
		}
	}
	return nil
}
