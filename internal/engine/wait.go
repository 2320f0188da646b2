package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/docker/docker/api/types/container"
)

// outcome is how a container ended.
type outcome struct {
	code int
	err  error
}

// wait registers for the end of a container that has not started, so that no
// exit is too quick to be seen, and returns when the engine has acknowledged.
//
// It waits for the removal rather than the exit: a container that is gone when
// ctenv returns leaves its name free for the next run. Podman tells of the removal
// too, but calls every exit code 0 there, so its exit is waited for first.
func (e *Engine) wait(ctx context.Context, id string) (<-chan outcome, error) {
	if !e.podman {
		return e.waitFor(ctx, id, container.WaitConditionRemoved)
	}
	exited, err := e.waitFor(ctx, id, container.WaitConditionNextExit)
	if err != nil {
		return nil, err
	}
	done := make(chan outcome, 1)
	go func() {
		end := <-exited
		if end.err == nil {
			e.awaitRemoval(ctx, id)
		}
		done <- end
	}()
	return done, nil
}

// awaitRemoval returns once podman has removed a container that has ended. A
// process of podman's own does that, which nobody watches: where it fails, the
// container is removed from here.
func (e *Engine) awaitRemoval(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(ctx, removalGrace)
	defer cancel()
	removed, err := e.waitFor(ctx, id, container.WaitConditionRemoved)
	if err != nil {
		return // it is gone
	}
	<-removed
	if ctx.Err() != nil {
		e.remove(ctx, id, Streams{})
	}
}

// removalGrace is how long podman may take to remove a container.
const removalGrace = 5 * time.Second

func (e *Engine) waitFor(ctx context.Context, id string, what container.WaitCondition) (<-chan outcome, error) {
	result, failed := e.api.ContainerWait(ctx, id, what)
	select {
	case err := <-failed:
		return nil, &Error{Msg: "cannot wait for the container", Err: err}
	default:
	}
	done := make(chan outcome, 1)
	go func() {
		select {
		case r := <-result:
			o := outcome{code: int(r.StatusCode)}
			if r.Error != nil && r.Error.Message != "" {
				o.err = &Error{Msg: fmt.Sprintf("waiting for the container: %s", r.Error.Message)}
			}
			done <- o
		case err := <-failed:
			done <- outcome{err: err}
		}
	}()
	return done, nil
}
