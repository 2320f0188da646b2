package engine

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/mount"

	"ctenv/internal/plan"
	"ctenv/internal/wire"
)

// Staying is a container that stays.
type Staying struct {
	ID, Name string
	State    string // "created", "running", …
	Labels   map[string]string
}

// Container is its name in the configuration.
func (c Staying) Container() string { return c.Labels[plan.LabelContainer] }

// Changed says whether p's configuration is another than that of c.
func (c Staying) Changed(fingerprint string) bool { return c.Labels[plan.LabelConfig] != fingerprint }

// Staying returns the containers that key means, the newest first.
func (e *Engine) Staying(ctx context.Context, key plan.StayKey) ([]Staying, error) {
	if err := e.ready(ctx); err != nil {
		return nil, err
	}
	label := func(name, value string) filters.KeyValuePair { return filters.Arg("label", name+"="+value) }
	args := filters.NewArgs(filters.Arg("label", plan.LabelStays),
		label(plan.LabelProjectDir, key.ProjectDir), label(plan.LabelUID, strconv.Itoa(key.UID)))
	if key.Container != "" {
		args.Add("label", plan.LabelContainer+"="+key.Container)
	}
	found, err := e.api.ContainerList(ctx, container.ListOptions{All: true, Filters: args})
	if err != nil {
		return nil, &Error{Msg: "cannot list containers", Err: err}
	}
	var all []Staying
	for _, f := range found {
		if !hasLabels(f.Labels, key) {
			continue
		}
		own, err := e.ownStaying(ctx, f)
		if err != nil {
			return nil, err
		}
		if !own {
			continue
		}
		c := Staying{ID: f.ID, State: f.State, Labels: f.Labels}
		if len(f.Names) > 0 {
			c.Name = trimSlash(f.Names[0])
		}
		all = append(all, c)
	}
	return all, nil
}

// hasLabels looks once more at what was asked for: podman takes a "*" in a project's
// path or a container's name for a pattern.
func hasLabels(labels map[string]string, key plan.StayKey) bool {
	return labels[plan.LabelProjectDir] == key.ProjectDir && labels[plan.LabelUID] == strconv.Itoa(key.UID) &&
		(key.Container == "" || labels[plan.LabelContainer] == key.Container)
}

// ownStaying tells a container that ctenv has made from one that has its labels from
// its image. What ctenv mounts is what no image can: ctenv-init, or where it was
// uploaded the volume for it, which an image's VOLUME is not among the settings as.
func (e *Engine) ownStaying(ctx context.Context, f container.Summary) (bool, error) {
	hasInit := func(m container.MountPoint) bool { return m.Type == mount.TypeBind && m.Destination == wire.InitPath }
	if slices.ContainsFunc(f.Mounts, hasInit) {
		return true, nil
	}
	box, err := e.api.ContainerInspect(ctx, f.ID)
	if cerrdefs.IsNotFound(err) {
		return false, nil // gone meanwhile
	}
	if err != nil {
		return false, &Error{Msg: fmt.Sprintf("cannot look at container %.12s", f.ID), Err: err}
	}
	if slices.ContainsFunc(box.Mounts, hasInit) {
		return true, nil
	}
	if e.podman { // which does not keep the settings
		return slices.ContainsFunc(box.Mounts, func(m container.MountPoint) bool { return m.Destination == wire.Dir }), nil
	}
	return box.HostConfig != nil && slices.ContainsFunc(box.HostConfig.Mounts, func(m mount.Mount) bool { return m.Target == wire.Dir }), nil
}

func trimSlash(name string) string {
	if name != "" && name[0] == '/' {
		return name[1:]
	}
	return name
}
