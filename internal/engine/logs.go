package engine

import (
	"context"
	"fmt"
	"io"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"
)

// Logs writes what the set-up of a container that stays said, and what its
// commands left running says. With follow it goes on to the container's end.
func (e *Engine) Logs(ctx context.Context, c Staying, follow bool, out io.Writer) error {
	logs, err := e.api.ContainerLogs(ctx, c.ID, container.LogsOptions{ShowStdout: true, ShowStderr: true, Follow: follow})
	if err != nil {
		return &Error{Msg: fmt.Sprintf("cannot read the logs of container %s", c.Name), Err: err}
	}
	defer logs.Close()
	w := &markWriter{out: out} // which is for programs
	if _, err := stdcopy.StdCopy(w, w, logs); err != nil && ctx.Err() == nil {
		return &Error{Msg: fmt.Sprintf("reading the logs of container %s", c.Name), Err: err}
	}
	return w.flush()
}
