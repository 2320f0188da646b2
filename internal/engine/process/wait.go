package process

import (
	"context"
	"errors"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"

	"ctenv/internal/engine"
	"ctenv/internal/streams"
)

// wait registers for the end of a container that has not started, so that no
// exit is too quick to be seen, and returns when the engine has acknowledged.
//
// It waits for the removal rather than the exit: a container that is gone when
// ctenv returns leaves its name free for the next run. Podman tells of the removal
// too, but calls every exit code 0 there, so its exit is waited for first. It looks
// for that four times a second, and then starts a process of its own that removes the
// container; so when the container's output has ended, which silent tells by being
// closed, it is looked at and removed from here.
func wait(ctx context.Context, e *engine.Engine, id string, silent <-chan struct{}) (<-chan engine.Outcome, error) {
	if !e.Dialect().RemovesLate {
		return e.WaitFor(ctx, id, container.WaitConditionRemoved)
	}
	exited, err := e.WaitFor(ctx, id, container.WaitConditionNextExit)
	if err != nil {
		return nil, err
	}
	done := make(chan engine.Outcome, 1)
	go func() {
		select {
		case end := <-exited:
			done <- removed(ctx, e, id, end)
		case <-silent:
			if end, err := takeAway(ctx, e, id); err == nil {
				done <- end
				return
			}
			done <- removed(ctx, e, id, <-exited)
		}
	}()
	return done, nil
}

// takeAway removes a podman container whose output has ended and returns how it ended,
// or an error where it does not end right then.
func takeAway(ctx context.Context, e *engine.Engine, id string) (end engine.Outcome, err error) {
	for range exitLooks {
		c, err := e.Inspect(ctx, id)
		if err != nil {
			return end, err
		}
		if engine.Stopped(c.State.Status) {
			// Without force: nothing that runs is taken away.
			err := e.API.ContainerRemove(ctx, id, container.RemoveOptions{RemoveVolumes: true})
			if err != nil && !cerrdefs.IsNotFound(err) {
				return end, err
			}
			return engine.Outcome{Code: c.State.ExitCode, OutOfMemory: c.State.OOMKilled}, nil
		}
		if err := engine.Sleep(ctx, exitPoll); err != nil {
			return end, err
		}
	}
	return end, errors.New("it goes on")
}

const (
	// exitPoll is how long podman may take to see that a process has ended whose
	// output has.
	exitPoll = 5 * time.Millisecond
	// exitLooks is how many times that is looked at.
	exitLooks = 5
)

// removed returns the end of a container once podman has removed it. A process of
// podman's own does that, which nobody watches: where it fails, the container is
// removed from here.
func removed(ctx context.Context, e *engine.Engine, id string, end engine.Outcome) engine.Outcome {
	if end.Err != nil {
		return end
	}
	ctx, cancel := context.WithTimeout(ctx, removalGrace)
	defer cancel()
	gone, err := e.WaitFor(ctx, id, container.WaitConditionRemoved)
	if err != nil {
		return end // it is gone
	}
	<-gone
	if ctx.Err() != nil {
		e.Remove(ctx, id, streams.Streams{})
	}
	return end
}

// removalGrace is how long podman may take to remove a container.
const removalGrace = 5 * time.Second
