package engine

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"

	"ctenv/internal/wire"
)

// Logs writes what the set-up of a container that stays said, and what its
// commands left running says. With follow it goes on to the container's end.
func (e *Engine) Logs(ctx context.Context, c Staying, follow bool, out io.Writer) error {
	logs, err := e.api.ContainerLogs(ctx, c.ID, container.LogsOptions{ShowStdout: true, ShowStderr: true, Follow: follow})
	if err != nil {
		return &Error{Msg: fmt.Sprintf("cannot read the logs of container %s", c.Name), Err: err}
	}
	defer logs.Close()
	w := &withoutMark{out: out}
	if _, err := stdcopy.StdCopy(w, w, logs); err != nil && ctx.Err() == nil {
		return &Error{Msg: fmt.Sprintf("reading the logs of container %s", c.Name), Err: err}
	}
	return w.flush()
}

// withoutMark leaves the ready mark out, which is for programs.
type withoutMark struct {
	out  io.Writer
	held []byte
	past bool
}

func (w *withoutMark) Write(b []byte) (int, error) {
	if w.past {
		return w.out.Write(b)
	}
	text := append(w.held, b...)
	start, end, more := wire.FindReadyMark(text)
	if w.past = start >= 0; w.past {
		text, w.held = slices.Delete(text, start, end), nil
	} else {
		text, w.held = text[:more], bytes.Clone(text[more:])
	}
	if _, err := w.out.Write(text); err != nil {
		return 0, err
	}
	return len(b), nil
}

func (w *withoutMark) flush() error {
	_, err := w.out.Write(w.held)
	return err
}
