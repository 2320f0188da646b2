package process

import (
	"context"

	"ctenv/internal/engine"
	"ctenv/internal/mountpoint"
)

// unmake takes away what r made on the host, once its container has gone. A directory
// can be removed while another container has something mounted on it: that is gone
// from there then, and nobody is told. So what another one may have a mount in stays,
// and all of it where the engine does not say. A container that is made and started
// between its answer and the removal is not seen; that takes far longer as a rule.
func (r *Box) unmake(ctx context.Context) {
	if len(r.made) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), engine.RemoveGrace)
	defer cancel()
	if mounted, err := r.e.MountedDirectories(ctx); err == nil {
		mountpoint.Unmake(r.made, mounted)
	}
}
