package engine

import (
	"context"
	"fmt"
	"net"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/mount"

	"ctenv/internal/plan"
	"ctenv/internal/wire"
)

// Container is a container that ctenv made. Its texts come from labels and from
// the engine and may hold anything, control characters included.
type Container struct {
	ID         string    `json:"id"`
	ProjectDir string    `json:"project_dir"`
	Container  string    `json:"container"`
	State      string    `json:"state"`  // "created", "running", "exited", …
	Status     string    `json:"status"` // for people: "Up 2 hours"
	Names      []string  `json:"names"`
	Image      string    `json:"image"` // its name; of a derived one the name of what it was made of
	Ports      []string  `json:"ports"` // as "127.0.0.1:8080->80/tcp"
	Created    time.Time `json:"created"`
}

// Ended tells whether nothing can run in a container in its state.
func (c Container) Ended() bool {
	return c.State == container.StateExited || c.State == container.StateDead || c.State == container.StateCreated
}

// List returns the containers that ctenv made, in any state, from any project,
// the newest first.
func (e *Engine) List(ctx context.Context) ([]Container, error) {
	found, err := e.Made(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]Container, 0, len(found))
	for _, f := range found {
		c := Container{
			ID:         f.ID,
			ProjectDir: f.Labels[plan.LabelProjectDir],
			Container:  f.Labels[plan.LabelContainer],
			State:      f.State,
			Status:     f.Status,
			Names:      []string{},
			Image:      ImageName(f.Image, f.Labels),
			Ports:      listedPorts(f.Ports),
			Created:    time.Unix(f.Created, 0).UTC(),
		}
		for _, name := range f.Names {
			c.Names = append(c.Names, strings.TrimPrefix(name, "/"))
		}
		list = append(list, c)
	}
	return list, nil
}

// ImageName is what an image is called by those who use it: a derived one by the name
// of the image that it was made of, which its containers have as a label.
func ImageName(name string, labels map[string]string) string {
	if from := labels[plan.LabelDerivedFrom]; from != "" && strings.HasPrefix(name, plan.DerivedRepository+":") {
		return from
	}
	return name
}

// listedPorts are the published ones.
func listedPorts(ports []container.Port) []string {
	all := []string{}
	for _, p := range ports {
		if p.PublicPort != 0 {
			all = append(all, fmt.Sprintf("%s->%d/%s", net.JoinHostPort(p.IP, strconv.Itoa(int(p.PublicPort))), p.PrivatePort, p.Type))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Made are the containers that ctenv made, as the engine lists them.
func (e *Engine) Made(ctx context.Context, more ...filters.KeyValuePair) ([]container.Summary, error) {
	found, err := e.API.ContainerList(ctx, container.ListOptions{
		All:     true,
		Filters: filters.NewArgs(append(more, filters.Arg("label", plan.LabelManaged+"=true"))...),
	})
	if err != nil {
		return nil, &Error{Msg: "cannot list containers", Err: err}
	}
	var made []container.Summary
	for _, f := range found {
		own, err := e.own(ctx, f)
		if err != nil {
			return nil, err
		}
		if own {
			made = append(made, f)
		}
	}
	return made, nil
}

// own tells a container of ctenv's, be it the Python tool's, from one that has the
// label from its image.
func (e *Engine) own(ctx context.Context, f container.Summary) (bool, error) {
	if slices.ContainsFunc(f.Mounts, isInit) {
		return true, nil
	}
	image, err := e.InspectImage(ctx, f.ImageID)
	switch {
	case cerrdefs.IsNotFound(err): // removed, so nobody knows what it said
	case err != nil:
		return false, &Error{Msg: fmt.Sprintf("cannot look at the image of container %.12s", f.ID), Err: err}
	case image.Config == nil || image.Config.Labels[plan.LabelManaged] == "":
		return true, nil
	}
	program, err := e.InitIn(ctx, f)
	return program != "", err
}

// InitIn is where a container has ctenv-init, "" in one that has the labels of ctenv's
// from its image. What ctenv mounts is what no image can: ctenv-init, or where it was
// uploaded the volume for it, which an image's VOLUME is not among the settings as.
func (e *Engine) InitIn(ctx context.Context, f container.Summary) (string, error) {
	if i := slices.IndexFunc(f.Mounts, isInit); i >= 0 {
		return f.Mounts[i].Destination, nil
	}
	box, err := e.Inspect(ctx, f.ID)
	if there, err := Found(err, "cannot look at container %.12s", f.ID); !there {
		return "", err // nil where it is gone meanwhile
	}
	if i := slices.IndexFunc(box.Mounts, isInit); i >= 0 {
		return box.Mounts[i].Destination, nil
	}
	if len(box.Config.Entrypoint) == 0 || !wire.IsInit(box.Config.Entrypoint[0]) {
		return "", nil
	}
	program := box.Config.Entrypoint[0]
	uploaded := !e.dialect().keepsSettings && slices.ContainsFunc(box.Mounts, func(m container.MountPoint) bool { return m.Destination == path.Dir(program) }) ||
		slices.ContainsFunc(box.HostConfig.Mounts, func(m mount.Mount) bool { return m.Target == path.Dir(program) })
	if !uploaded {
		return "", nil
	}
	return program, nil
}

func isInit(m container.MountPoint) bool {
	return m.Type == mount.TypeBind && wire.IsInit(m.Destination)
}

// NameOf is a container's name, without the slash that the API puts before it, or "".
func NameOf(c container.Summary) string {
	if len(c.Names) == 0 {
		return ""
	}
	return strings.TrimPrefix(c.Names[0], "/")
}
