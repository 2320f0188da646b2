package persist

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"

	"ctenv/internal/engine"
	"ctenv/internal/plan"
	"ctenv/internal/streams"
)

// minID is how many digits of an id name a container.
const minID = 4

// Named finds a container of ctenv's, of any kind and project, by its name or the start
// of its id. ok is false where there is none. One of another user is an error.
func Named(ctx context.Context, e *engine.Engine, word string, uid int) (c Container, ok bool, err error) {
	all, err := e.Made(ctx)
	if err != nil {
		return c, false, err
	}
	var found []container.Summary
	for _, f := range all {
		if slices.Contains(f.Names, "/"+word) || f.ID == word {
			found = []container.Summary{f}
			break
		}
		if len(word) >= minID && strings.HasPrefix(f.ID, word) {
			found = append(found, f)
		}
	}
	if len(found) == 0 {
		return c, false, nil
	}
	if len(found) > 1 {
		return c, false, &engine.Error{Msg: fmt.Sprintf("the ids of %d containers start with %q", len(found), word), Hint: "`ctenv list` shows their names"}
	}
	f := found[0]
	c = Container{ID: f.ID, Name: engine.NameOf(f), State: f.State, Labels: f.Labels}
	// The Python tool's have no such label.
	if owner := f.Labels[plan.LabelUID]; owner != "" && owner != strconv.Itoa(uid) {
		return c, false, &engine.Error{Msg: fmt.Sprintf("container %s was made by uid %s", c.Name, owner), Hint: "the engine's own command reaches it"}
	}
	c.program, err = e.InitIn(ctx, f)
	return c, err == nil, err
}

// Runs are the containers that run has made of the project and container that key
// means, and that are still there.
func Runs(ctx context.Context, e *engine.Engine, key plan.StayKey) ([]Container, error) {
	all, err := e.Made(ctx)
	var runs []Container
	for _, f := range all {
		l := f.Labels
		if l[plan.LabelStays] == "" && meant(l, key) && l[plan.LabelProjectThere] == e.Inside(ctx).There(key.ProjectDir) && len(f.Names) > 0 {
			runs = append(runs, Container{ID: f.ID, Name: engine.NameOf(f), State: f.State, Labels: l})
		}
	}
	return runs, err
}

// RunLogs writes what a container that run made has said. With follow it goes on to
// the container's end.
func RunLogs(ctx context.Context, e *engine.Engine, c Container, follow bool, s streams.Streams) error {
	fail := func(err error) error {
		return &engine.Error{Msg: fmt.Sprintf("cannot read the logs of container %s", c.Name), Err: err}
	}
	box, err := e.Inspect(ctx, c.ID)
	if err != nil {
		return fail(err)
	}
	if box.HostConfig.LogConfig.Type == "none" {
		return &engine.Error{Msg: fmt.Sprintf("container %s keeps no log", c.Name), Hint: "an attached run has its output where it was started; --detach keeps a log"}
	}
	logs, err := e.API.ContainerLogs(ctx, c.ID, container.LogsOptions{ShowStdout: true, ShowStderr: true, Follow: follow})
	if err != nil {
		return fail(err)
	}
	defer logs.Close()
	if box.Config.Tty {
		_, err = io.Copy(s.Out, logs)
	} else {
		_, err = stdcopy.StdCopy(s.Out, s.Err, logs)
	}
	if err != nil && ctx.Err() == nil {
		return fail(err)
	}
	return nil
}
