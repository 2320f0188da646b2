package engine

import (
	"context"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"

	"ctenv/internal/plan"
)

// MountedDirectories are the directories of the host that containers of the engine have.
func (e *Engine) MountedDirectories(ctx context.Context) ([]string, error) {
	found, err := e.API.ContainerList(ctx, container.ListOptions{All: true})
	if err != nil {
		return nil, err
	}
	var directories []string
	for _, f := range found {
		if f.State == container.StateRemoving {
			continue // ours, as a rule
		}
		// An engine in a virtual machine has names of its own for our directories.
		if dir := f.Labels[plan.LabelProjectDir]; dir != "" {
			directories = append(directories, dir)
		}
		mounts := f.Mounts
		if len(mounts) == 0 { // podman's list has none
			box, err := e.Inspect(ctx, f.ID)
			if cerrdefs.IsNotFound(err) {
				continue // gone meanwhile
			}
			if err != nil {
				return nil, err
			}
			mounts = box.Mounts
		}
		for _, m := range mounts {
			if m.Type == mount.TypeBind {
				directories = append(directories, m.Source)
			}
		}
	}
	return directories, nil
}
