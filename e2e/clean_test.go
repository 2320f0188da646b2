//go:build linux

package e2e

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/volume"
	"github.com/docker/docker/client"
	"github.com/rogpeppe/go-internal/testscript"

	"ctenv/internal/plan"
	"ctenv/internal/slug"
)

// What scripts leave is looked for and removed by the engine's interface: a start of its own
// command for each question took a tenth of the suite's time, and more with podman.

func (e *testEngine) api() (*client.Client, error) {
	return client.NewClientWithOpts(client.WithHost(e.address), client.WithAPIVersionNegotiation())
}

// cmdNoContainers: nocontainers
func (e *testEngine) cmdNoContainers(ts *testscript.TestScript, args []string) {
	api, err := e.api()
	ts.Check(err)
	defer api.Close()
	ids, err := containersOf(api, ts.Getenv("WORK"))
	ts.Check(err)
	if len(ids) > 0 {
		ts.Fatalf("containers were left: %s", strings.Join(ids, " "))
	}
}

// containersOf returns the ids of ctenv's containers whose project lies in work.
func containersOf(api *client.Client, work string) ([]string, error) {
	all, err := api.ContainerList(context.Background(), container.ListOptions{
		All: true, Filters: filters.NewArgs(filters.Arg("label", plan.LabelManaged+"=true")),
	})
	var ids []string
	for _, c := range all {
		if rel, err := filepath.Rel(work, c.Labels[plan.LabelProjectDir]); err == nil && filepath.IsLocal(rel) {
			ids = append(ids, c.ID)
		}
	}
	return ids, err
}

// removeAll removes what a script left in the engine: the containers and images of
// its projects, and the containers, images, volumes and networks that carry its name.
func (e *testEngine) removeAll(work, name string) error {
	ctx := context.Background()
	api, err := e.api()
	if err != nil {
		return err
	}
	defer api.Close()
	named := filters.NewArgs(filters.Arg("name", name))
	var errs []error
	failed := func(err error) {
		if !cerrdefs.IsNotFound(err) { // it has gone meanwhile
			errs = append(errs, err)
		}
	}
	ids, err := containersOf(api, work)
	failed(err)
	// The second: what an image was to be derived in.
	for _, which := range []filters.Args{named, filters.NewArgs(filters.Arg("ancestor", name+"-base"))} {
		list, err := api.ContainerList(ctx, container.ListOptions{All: true, Filters: which})
		failed(err)
		for _, c := range list {
			ids = append(ids, c.ID)
		}
	}
	for _, id := range ids {
		failed(api.ContainerRemove(ctx, id, container.RemoveOptions{Force: true, RemoveVolumes: true}))
	}
	volumes, err := api.VolumeList(ctx, volume.ListOptions{Filters: named})
	failed(err)
	for _, v := range volumes.Volumes {
		failed(api.VolumeRemove(ctx, v.Name, true))
	}
	networks, err := api.NetworkList(ctx, network.ListOptions{Filters: named})
	failed(err)
	for _, n := range networks {
		failed(api.NetworkRemove(ctx, n.ID))
	}
	images, err := api.ImageList(ctx, image.ListOptions{})
	failed(err)
	for _, i := range images {
		// A tag at a time: an image may have several. The name of a project's image ends
		// like its directory's, with the container's name and the tag behind it.
		for _, tag := range i.RepoTags {
			if strings.Contains(tag, name) || strings.Contains(tag, slug.Of(work)+"-") || i.Labels[plan.LabelDerivedFrom] == name+"-base" {
				_, err := api.ImageRemove(ctx, tag, image.RemoveOptions{Force: true, PruneChildren: true})
				failed(err)
			}
		}
	}
	return errors.Join(errs...)
}

// prune removes the images that builds have replaced, which have no name any more. One
// that is being built has none yet; those of the last hour may be of another test run.
func (e *testEngine) prune() error {
	var errs []error
	for _, label := range []string{plan.LabelBuild, "ctenv-test.build"} {
		_, err := e.run("image", "prune", "--force", "--filter", "label="+label, "--filter", "until=1h")
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
