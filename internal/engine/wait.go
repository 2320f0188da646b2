package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	cerrdefs "github.com/containerd/errdefs"
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
// too, but calls every exit code 0 there, so its exit is waited for first. It looks
// for that four times a second, and then starts a process of its own that removes the
// container; so when the container's output has ended, which silent tells by being
// closed, it is looked at and removed from here.
func (e *Engine) wait(ctx context.Context, id string, silent <-chan struct{}) (<-chan outcome, error) {
	if !e.podman {
		return e.waitFor(ctx, id, container.WaitConditionRemoved)
	}
	exited, err := e.waitFor(ctx, id, container.WaitConditionNextExit)
	if err != nil {
		return nil, err
	}
	done := make(chan outcome, 1)
	go func() {
		select {
		case end := <-exited:
			done <- e.removed(ctx, id, end)
		case <-silent:
			if code, err := e.takeAway(ctx, id); err == nil {
				done <- outcome{code: code}
				return
			}
			done <- e.removed(ctx, id, <-exited)
		}
	}()
	return done, nil
}

// takeAway removes a podman container whose output has ended and returns its exit
// code, or an error where it does not end right then.
func (e *Engine) takeAway(ctx context.Context, id string) (code int, err error) {
	for range endLooks {
		c, err := e.api.ContainerInspect(ctx, id)
		if err != nil {
			return 0, err
		}
		if c.State.Status == container.StateExited || c.State.Status == podmanStopped {
			// Without force: nothing that runs is taken away.
			err := e.api.ContainerRemove(ctx, id, container.RemoveOptions{RemoveVolumes: true})
			if err != nil && !cerrdefs.IsNotFound(err) {
				return 0, err
			}
			return c.State.ExitCode, nil
		}
		if err := sleep(ctx, exitPoll); err != nil {
			return 0, err
		}
	}
	return 0, errors.New("it goes on")
}

const (
	// podmanStopped is podman's state of a container that has ended and is still
	// mounted. Docker has no such state.
	podmanStopped = "stopped"
	// exitPoll is how long podman may take to see that a process has ended whose
	// output has.
	exitPoll = 5 * time.Millisecond
)

// removed returns the end of a container once podman has removed it. A process of
// podman's own does that, which nobody watches: where it fails, the container is
// removed from here.
func (e *Engine) removed(ctx context.Context, id string, end outcome) outcome {
	if end.err != nil {
		return end
	}
	ctx, cancel := context.WithTimeout(ctx, removalGrace)
	defer cancel()
	gone, err := e.waitFor(ctx, id, container.WaitConditionRemoved)
	if err != nil {
		return end // it is gone
	}
	<-gone
	if ctx.Err() != nil {
		e.remove(ctx, id, Streams{})
	}
	return end
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

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
