package engine

import (
	"context"
	"fmt"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
)

// Outcome is how a container ended.
type Outcome struct {
	Code int
	Err  error
	// OutOfMemory: podman says that memory ran out.
	OutOfMemory bool
}

// WaitFor registers for what becomes of a container and returns when the engine has
// acknowledged.
func (e *Engine) WaitFor(ctx context.Context, id string, what container.WaitCondition) (<-chan Outcome, error) {
	result, failed := e.API.ContainerWait(ctx, id, what)
	select {
	case err := <-failed:
		return nil, &Error{Msg: "cannot wait for the container", Err: err}
	default:
	}
	done := make(chan Outcome, 1)
	go func() {
		select {
		case r := <-result:
			o := Outcome{Code: int(r.StatusCode)}
			if r.Error != nil && r.Error.Message != "" {
				o.Err = &Error{Msg: fmt.Sprintf("waiting for the container: %s", r.Error.Message)}
			}
			done <- o
		case err := <-failed:
			done <- Outcome{Err: err}
		}
	}()
	return done, nil
}

// EndOf looks at a container whose removal, of which ended tells, may take long, and returns
// how it has ended; over is false where it goes on, or that cannot be told. Its only error
// is that of ctx.
func (e *Engine) EndOf(ctx context.Context, id string, ended <-chan Outcome) (end Outcome, over bool, err error) {
	c, err := e.Inspect(ctx, id)
	switch {
	case ctx.Err() != nil:
		return end, false, ctx.Err()
	case err == nil && hasEnded(c.State.Status):
		return Outcome{Code: c.State.ExitCode, OutOfMemory: c.State.OOMKilled}, true, nil
	case cerrdefs.IsNotFound(err): // then ended is about to tell
		select {
		case end = <-ended:
			return end, true, nil
		case <-time.After(LostGrace):
		case <-ctx.Done():
			return end, false, ctx.Err()
		}
	}
	return end, false, nil
}

// hasEnded says whether a container has run in that state.
func hasEnded(state container.ContainerState) bool {
	return Stopped(state) || state == container.StateDead || state == container.StateRemoving
}

// Sleep returns after d, or with the error of ctx.
func Sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// LostGrace is how long output that is on its way is still written after the
// engine has gone.
const LostGrace = time.Second

// OtherGrace is how long a container that another ctenv has made may take to start,
// before it counts as left behind, and one that is removed to be gone. Tests have one of
// their own.
var OtherGrace = 30 * time.Second

// UnstartedGrace is how long it may take to start a container of which nobody knows whether its
// client lives: a slow engine, or one to which ctenv-init goes by a slow way. Who was killed
// before that holds others so long. It counts from when it was first seen: an engine's clock
// is its own. Tests have one of their own.
var UnstartedGrace = 5 * time.Minute
