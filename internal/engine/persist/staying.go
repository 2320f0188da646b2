package persist

import (
	"context"
	"strconv"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"

	"ctenv/internal/engine"
	"ctenv/internal/plan"
	"ctenv/internal/wire"
)

// Container is a container that stays.
type Container struct {
	ID, Name string
	State    string // "created", "running", …
	Labels   map[string]string
	program  string // the path of ctenv-init in it, "" where that was not looked at
}

// Container is its name in the configuration.
func (c Container) Container() string { return c.Labels[plan.LabelContainer] }

// Stays says that it is one.
func (c Container) Stays() bool { return c.Labels[plan.LabelStays] != "" }

// GoesOn says that it runs, or may be about to: one that has ended is made anew.
func (c Container) GoesOn() bool { return !stopped(c.State) }

// word is what it is joined by, "" where its label is none of ctenv's: an image has labels
// too.
func (c Container) word() string {
	if word := c.Labels[plan.LabelWord]; wire.ValidWord(word) {
		return word
	}
	return ""
}

// socket is the name of its socket.
func (c Container) socket() string { return (&wire.Serve{Word: c.word()}).File() }

// key is what the container is found by.
func (c Container) key() plan.StayKey {
	uid, _ := strconv.Atoi(c.Labels[plan.LabelUID])
	return plan.StayKey{ProjectDir: c.Labels[plan.LabelProjectDir], UID: uid, Container: c.Container()}
}

// Changed says whether p's configuration is another than that of c.
func (c Container) Changed(fingerprint string) bool { return c.Labels[plan.LabelConfig] != fingerprint }

// Find returns the containers that key means, the newest first.
func Find(ctx context.Context, e *engine.Engine, key plan.StayKey) ([]Container, error) {
	label := func(name, value string) filters.KeyValuePair { return filters.Arg("label", name+"="+value) }
	args := filters.NewArgs(filters.Arg("label", plan.LabelStays),
		label(plan.LabelProjectDir, key.ProjectDir), label(plan.LabelUID, strconv.Itoa(key.UID)))
	if key.Container != "" {
		args.Add("label", plan.LabelContainer+"="+key.Container)
	}
	found, err := e.API.ContainerList(ctx, container.ListOptions{All: true, Filters: args})
	if err != nil {
		return nil, &engine.Error{Msg: "cannot list containers", Err: err}
	}
	var all []Container
	for _, f := range found {
		if f.Labels[plan.LabelStays] == "" || !meant(f.Labels, key) || f.Labels[plan.LabelProjectThere] != e.Inside(ctx).There(key.ProjectDir) {
			continue
		}
		program, err := e.InitIn(ctx, f)
		if err != nil {
			return nil, err
		}
		if program == "" {
			continue
		}
		all = append(all, Container{ID: f.ID, Name: engine.NameOf(f), State: f.State, Labels: f.Labels, program: program})
	}
	return all, nil
}

// meant says whether labels are those of a container that key means. An engine that was asked
// for them is not believed: podman takes a "*" in a project's path or a container's name for a
// pattern.
func meant(labels map[string]string, key plan.StayKey) bool {
	return labels[plan.LabelProjectDir] == key.ProjectDir && labels[plan.LabelUID] == strconv.Itoa(key.UID) &&
		(key.Container == "" || labels[plan.LabelContainer] == key.Container)
}
