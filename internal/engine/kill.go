package engine

import (
	"context"
	"strconv"
	"syscall"

	cerrdefs "github.com/containerd/errdefs"

	"ctenv/internal/engine/conn"
	"ctenv/internal/streams"
)

// Kill sends a signal to a container's first process, the engine's init, which
// passes it on. A container that runs no more needs no signal.
func (e *Engine) Kill(ctx context.Context, id string, sig syscall.Signal, s streams.Streams) {
	// The number, because names differ between systems.
	err := e.API.ContainerKill(ctx, id, strconv.Itoa(int(sig)))
	if err != nil && ctx.Err() == nil && !cerrdefs.IsConflict(err) && !cerrdefs.IsNotFound(err) {
		s.Verbosef("signal %s did not reach the container: %s", sig, conn.CauseText(err))
	}
}
