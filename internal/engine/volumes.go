package engine

import (
	"context"
	"fmt"

	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/api/types/volume"

	"ctenv/internal/plan"
)

// Volume looks up a named volume. Where the engine has none, there is no error.
func (e *Engine) Volume(ctx context.Context, name string) (labels map[string]string, exists bool, err error) {
	v, err := e.API.VolumeInspect(ctx, name)
	exists, err = Found(err, "cannot look up the volume %q", name)
	return v.Labels, exists, err
}

// makeVolumes makes the volumes of a container that are missing, with their labels,
// where the engine leaves those out that it makes with the container.
func (e *Engine) makeVolumes(ctx context.Context, p plan.Plan) (made []string, err error) {
	if !e.dialect().dropsLabels {
		return nil, nil
	}
	c, err := e.translate(p)
	if err != nil || c.host.VolumeDriver != "" {
		return nil, err
	}
	for _, m := range c.host.Mounts {
		if m.Type != mount.TypeVolume || m.Source == "" || m.VolumeOptions == nil || m.VolumeOptions.Labels == nil {
			continue
		}
		if _, exists, err := e.Volume(ctx, m.Source); err != nil || exists {
			if err != nil {
				return made, err
			}
			continue
		}
		if _, err := e.API.VolumeCreate(ctx, volume.CreateOptions{Name: m.Source, Labels: m.VolumeOptions.Labels}); err != nil {
			return made, &Error{Msg: fmt.Sprintf("cannot make the volume %q", m.Source), Err: err}
		}
		made = append(made, m.Source)
	}
	return made, nil
}

// removeVolumes takes back what makeVolumes has made. One that is in use by now stays.
func (e *Engine) removeVolumes(ctx context.Context, names []string) {
	for _, name := range names {
		_ = e.API.VolumeRemove(context.WithoutCancel(ctx), name, false)
	}
}
