package engine

import (
	"context"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"

	"ctenv/internal/plan"
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
	Image      string    `json:"image"`
	Created    time.Time `json:"created"`
}

// List returns the containers that ctenv made, in any state, from any project,
// the newest first.
func (e *Engine) List(ctx context.Context) ([]Container, error) {
	if err := e.ready(ctx); err != nil {
		return nil, err
	}
	found, err := e.api.ContainerList(ctx, container.ListOptions{
		All:     true,
		Filters: filters.NewArgs(filters.Arg("label", plan.LabelManaged+"=true")),
	})
	if err != nil {
		return nil, &Error{Msg: "cannot list containers", Err: err}
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
			Image:      f.Image,
			Created:    time.Unix(f.Created, 0).UTC(),
		}
		for _, name := range f.Names {
			c.Names = append(c.Names, strings.TrimPrefix(name, "/"))
		}
		list = append(list, c)
	}
	return list, nil
}
