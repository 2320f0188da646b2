// Package inside is for a ctenv that runs in a container itself, as in a CI job, a devcontainer
// or a container of ctenv's, and has been given the engine's socket: the engine takes paths
// of its own machine for mounts. It finds the container, and says where a path is there.
package inside

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"

	"ctenv/internal/engine/conn"
	"ctenv/internal/mountinfo"
	"ctenv/internal/plan"
	"ctenv/internal/shellquote"
)

// Container is the one in which this process runs, as its engine knows it.
type Container struct {
	Name   string
	mounts []Mount
	table  table
}

// API is what of the engine's is asked.
type API interface {
	ContainerInspect(ctx context.Context, id string) (container.InspectResponse, error)
	ContainerList(ctx context.Context, options container.ListOptions) ([]container.Summary, error)
}

// Somewhere says that this process is in a container of some engine's.
func Somewhere() bool { return len(ownTable().ids()) > 0 }

// ownTable are the mounts of this process, nil where it is in no container: engines put one of
// two files into theirs, which a machine made of an image may have, too.
func ownTable() table {
	if !slices.ContainsFunc([]string{"/.dockerenv", "/run/.containerenv"}, func(file string) bool {
		_, err := os.Lstat(file)
		return err == nil
	}) {
		return nil
	}
	mounts, _ := mountinfo.Own()
	return mounts
}

// Find is the container in which this process runs, nil where that is none of the engine's.
// That it is the right one shows in the end: ctenv-init compares what is mounted with what was
// seen here, by its numbers, before it does anything.
func Find(ctx context.Context, api API) *Container {
	mounts := ownTable()
	ids := mounts.ids()
	if len(ids) == 0 {
		return nil
	}
	for _, id := range ids {
		if c := look(ctx, api, id, mounts, false); c != nil {
			return c
		}
	}
	// One with the network of another has that one's files, and may show no id of its own.
	running, err := api.ContainerList(ctx, container.ListOptions{})
	if err != nil {
		return nil
	}
	var found []*Container
	for _, r := range running {
		if c := look(ctx, api, r.ID, mounts, true); c != nil {
			found = append(found, c)
		}
	}
	return likeliest(found)
}

// likeliest is the one with the most mounts, nil where there are several of them: all that they
// have is here, and another one that has but the engine's socket looks like this one as well.
func likeliest(found []*Container) *Container {
	var best *Container
	alone := false
	for _, c := range found {
		switch more := len(c.mounts); {
		case best == nil || more > len(best.mounts):
			best, alone = c, true
		case more == len(best.mounts):
			alone = false
		}
	}
	if !alone {
		return nil
	}
	return best
}

// look is the container of that id where its mounts may be those of this process.
func look(ctx context.Context, api API, id string, own table, closely bool) *Container {
	found, err := api.ContainerInspect(ctx, id)
	if err != nil || found.ContainerJSONBase == nil {
		return nil
	}
	c := &Container{Name: strings.TrimPrefix(found.Name, "/"), table: own}
	for _, m := range found.Mounts {
		if m.Source != "" && m.Type != mount.TypeTmpfs {
			source := path.Join(m.Source, subpath(found.HostConfig, m.Destination))
			c.mounts = append(c.mounts, Mount{Source: source, Target: resolved(path.Clean(m.Destination)), ReadOnly: !m.RW})
		}
	}
	if !own.agrees(c.mounts, closely) {
		return nil
	}
	return c
}

// subpath is the part of a volume that is mounted at target alone, "" for the whole: the mounts
// that docker tells have the volume.
func subpath(asked *container.HostConfig, target string) string {
	if asked != nil {
		for _, m := range asked.Mounts {
			if m.VolumeOptions != nil && path.Clean(m.Target) == path.Clean(target) {
				return m.VolumeOptions.Subpath
			}
		}
	}
	return ""
}

// resolved is a path without symlinks, as far as it is there.
func resolved(file string) string {
	if real, err := filepath.EvalSymlinks(file); err == nil {
		return real
	}
	return file
}

// There is where a path of this container is on the engine's machine, "" where it is not.
func (c *Container) There(file string) string {
	if c == nil {
		return ""
	}
	m, _ := c.source(resolved(file))
	return m.Source
}

// Carry is p with ctenv-init and the streams' socket from where the engine can mount them, or
// else without such a mount. place puts ctenv-init at a path of this container.
func (c *Container) Carry(p plan.Plan, place func(string) error) (plan.Plan, error) {
	for p.InitSource() != "" && c.There(p.InitSource()) == "" {
		if len(p.InitElse) == 0 {
			return p.WithInitUploaded(), nil
		}
		if p = p.WithInitElsewhere(); c.There(p.InitSource()) != "" {
			if err := place(p.InitSource()); err != nil {
				return p, err
			}
		}
	}
	if socket := p.StreamsSocket(); socket != "" && c.There(socket) == "" {
		p = p.WithoutStreams()
	}
	return p, nil
}

// Rewrite has a new container's bind mounts be by the paths of the engine's machine. What is
// mounted in a directory here is mounted in it there, too.
func (c *Container) Rewrite(h *container.HostConfig) error {
	var all []mount.Mount
	for _, m := range h.Mounts {
		if m.Type != mount.TypeBind {
			all = append(all, m)
			continue
		}
		there, err := c.mountable(m.Source, m.Target)
		if err != nil {
			return err
		}
		inner := c.inner(m, h.Mounts)
		m.Source, m.ReadOnly = there.Source, m.ReadOnly || there.ReadOnly
		all = append(append(all, m), inner...)
	}
	h.Mounts = all
	for i, bind := range h.Binds {
		source, rest, _ := strings.Cut(bind, ":")
		if !strings.HasPrefix(source, "/") {
			continue // a named volume
		}
		target, _, _ := strings.Cut(rest, ":")
		there, err := c.mountable(source, target)
		if err != nil {
			return err
		}
		h.Binds[i] = there.Source + ":" + rest
	}
	return nil
}

// inner are the mounts that are in m's directory here, but for those where all has one.
func (c *Container) inner(m mount.Mount, all []mount.Mount) (inner []mount.Mount) {
	source := resolved(m.Source)
	for _, in := range c.below(source) {
		target := path.Join(m.Target, strings.TrimPrefix(in.Target, source))
		if !slices.ContainsFunc(all, func(other mount.Mount) bool { return path.Clean(other.Target) == target }) {
			inner = append(inner, mount.Mount{Type: mount.TypeBind, Source: in.Source, Target: target, ReadOnly: m.ReadOnly || in.ReadOnly})
		}
	}
	return inner
}

// mountable is where the engine finds what is to be mounted at target, or an error that says
// which mount is missing.
func (c *Container) mountable(source, target string) (Mount, error) {
	source = resolved(source)
	m, found := c.source(source)
	if found {
		return m, nil
	}
	return m, &conn.Error{
		Msg: fmt.Sprintf("%q lies in no mount of this container (%s), so the engine cannot mount it at %s", source, c.Name, target),
		Hint: fmt.Sprintf("start this container with it mounted (`-v DIRECTORY:%s`); else `--no-auto-project-mount` leaves the project out, "+
			"and named volumes take the place of other directories", shellquote.Word(source)),
	}
}
