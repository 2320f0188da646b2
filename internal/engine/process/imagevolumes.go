package process

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"ctenv/internal/engine"
	"ctenv/internal/plan"
	"ctenv/internal/wire"
)

// lookAhead starts to look for the image's volumes. Nobody knows them before the
// container is made, and asking costs one more call, so it goes on beside those
// that the start needs anyway.
func (r *Box) lookAhead(ctx context.Context) {
	r.ahead = sync.OnceValues(func() ([]plan.HostPath, error) { return r.imageVolumes(ctx) })
	go r.ahead()
}

// hostPaths are all mount points to be made on the host.
func (r *Box) hostPaths(ctx context.Context) ([]plan.HostPath, error) {
	if r.ahead == nil {
		r.lookAhead(ctx)
	}
	more, err := r.ahead()
	return append(slices.Clip(r.p.HostPaths), more...), err
}

// imageVolumes finds the image's volumes that lie in a directory of the host (VOLUME
// /repo/data): there the engine would make their mount points as root.
func (r *Box) imageVolumes(ctx context.Context) ([]plan.HostPath, error) {
	if !r.p.MountsDirs() {
		return nil, nil
	}
	box, err := r.e.Inspect(ctx, r.ID)
	if err != nil {
		return nil, &engine.Error{Msg: "cannot look for the image's volumes", Err: err}
	}
	var paths []plan.HostPath
	for _, m := range box.Mounts {
		if slices.Contains(r.p.Request.Mounts, wire.Text(m.Destination)) {
			continue // the plan has seen to it
		}
		outer, rel, ok := r.p.MountAround(m.Destination)
		if !ok || outer.Type != plan.MountBind {
			continue
		}
		point := filepath.Join(outer.Source, rel)
		if _, err := os.Stat(point); err != nil && outer.ReadOnly {
			return nil, &engine.Error{
				Msg:  fmt.Sprintf("the image's volume %q needs a mount point in %q, which is mounted read-only from %q", m.Destination, outer.Target, outer.Source),
				Hint: fmt.Sprintf("make %q first, or mount %s writable", point, outer.Target),
			}
		}
		paths = append(paths, plan.HostPath{Root: outer.Source, Rel: rel})
	}
	return paths, nil
}
