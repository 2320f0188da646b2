package process

import (
	"context"
	"syscall"

	"ctenv/internal/cgroup"
	"ctenv/internal/engine"
)

// killed is the exit code of a command that the kernel has killed, be it for its memory.
const killed = 128 + int(syscall.SIGKILL)

// sayOutOfMemory says of a command that was killed that the container's memory ran out,
// where the engine knows that: docker by an event, as the container is gone, and podman
// when it looked at it last.
func (r *Box) sayOutOfMemory(ctx context.Context, end engine.Outcome) {
	if end.Code != killed || !end.OutOfMemory && !r.e.RanOutOfMemory(ctx, r.ID) {
		return
	}
	limit, _ := r.p.Option("memory")
	if r.term != nil {
		r.term.Restore()
	}
	r.s.Warnf("%s", cgroup.OutOfMemory(limit))
}
