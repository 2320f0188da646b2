package persist

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"

	"ctenv/internal/engine"
	"ctenv/internal/engine/process"
	"ctenv/internal/join"
	"ctenv/internal/plan"
	"ctenv/internal/streams"
	"ctenv/internal/wire"
)

const (
	// endPoll is how often a container that has refused something is looked at, and
	// endLooks how many times, before it counts as one that goes on.
	endPoll  = 50 * time.Millisecond
	endLooks = 5
)

func (c Container) notRunning() error {
	return &engine.Error{Msg: fmt.Sprintf("container %s has ended", c.Name), Err: process.ErrNotRunning}
}

// openRelay joins a container that has no socket here, by the engine's exec.
func openRelay(ctx context.Context, e *engine.Engine, c Container, s streams.Streams) (*process.Entry, error) {
	request, err := wire.Encode(plan.Relaying(c.word()))
	if err != nil {
		return nil, err
	}
	made, err := e.API.ContainerExecCreate(ctx, c.ID, container.ExecOptions{
		User: "0:0", WorkingDir: "/", Env: request, Cmd: []string{c.program}, AttachStdin: true, AttachStdout: true, AttachStderr: true,
	})
	if err != nil {
		return nil, relayError(ctx, e, c, err)
	}
	conn, err := engine.Hijack(ctx, func() (types.HijackedResponse, error) {
		return e.API.ContainerExecAttach(ctx, made.ID, container.ExecAttachOptions{})
	})
	if err != nil {
		return nil, relayError(ctx, e, c, err)
	}
	s.Verbosef("joined container %s by the engine", c.Name)
	said := &streams.Head{}
	frames, fill := io.Pipe()
	go func() {
		_, err := stdcopy.StdCopy(fill, said, conn.Reader)
		fill.CloseWithError(errors.Join(err, io.EOF))
	}()
	en, err := process.Enter(ctx, join.NewStream(frames, conn.Conn, closer(conn.Close)), false, s)
	switch {
	case err == nil:
		return en, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, process.ErrUnanswered) && ended(ctx, e, c):
		return nil, err
	case errors.Is(err, process.ErrOtherVersion):
		return nil, c.otherVersion()
	case ended(ctx, e, c):
		return nil, c.notRunning()
	case said.String() != "":
		err = errors.New(said.String())
	}
	return nil, &engine.Error{Msg: fmt.Sprintf("cannot join container %s", c.Name), Err: err}
}

type closer func()

func (c closer) Close() error {
	c()
	return nil
}

// relayError explains why the engine starts no relay.
func relayError(ctx context.Context, e *engine.Engine, c Container, err error) error {
	if cut := e.Cut(ctx, err); cut != nil {
		return cut
	}
	if ended(ctx, e, c) {
		return c.notRunning()
	}
	return &engine.Error{Msg: fmt.Sprintf("container %s takes no command", c.Name), Err: engine.ShortCause(err)}
}

// runs says whether a container is there and has not ended.
func runs(ctx context.Context, e *engine.Engine, c Container) bool {
	found, err := e.Inspect(ctx, c.ID)
	if err != nil {
		return !cerrdefs.IsNotFound(err)
	}
	return found.State.Running || found.State.Paused
}

// ended says whether a container has ended, right after it refused a command: an
// engine may do that a moment before it knows of the end.
func ended(ctx context.Context, e *engine.Engine, c Container) bool {
	for range endLooks {
		if !runs(ctx, e, c) {
			return true
		}
		if engine.Sleep(ctx, endPoll) != nil {
			return false
		}
	}
	return false
}
