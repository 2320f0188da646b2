package persist

import (
	"context"
	"fmt"
	"io"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"

	"ctenv/internal/engine"
	"ctenv/internal/wire"
)

// Logs writes what the set-up of a container that stays said, and what its
// commands left running says. With follow it goes on to the container's end.
func Logs(ctx context.Context, e *engine.Engine, c Container, follow bool, out io.Writer) error {
	logs, err := e.API.ContainerLogs(ctx, c.ID, container.LogsOptions{ShowStdout: true, ShowStderr: true, Follow: follow})
	if err != nil {
		return &engine.Error{Msg: fmt.Sprintf("cannot read the logs of container %s", c.Name), Err: err}
	}
	defer logs.Close()
	if word := c.word(); word != "" {
		out = &withoutHello{to: out, hello: wire.HelloText(word)}
	}
	if _, err := stdcopy.StdCopy(out, out, logs); err != nil && ctx.Err() == nil {
		return &engine.Error{Msg: fmt.Sprintf("reading the logs of container %s", c.Name), Err: err}
	}
	return nil
}
