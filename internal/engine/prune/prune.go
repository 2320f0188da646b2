// Package prune finds what is left on an engine of ctenvs that are gone.
package prune

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/volume"

	"ctenv/internal/engine"
	"ctenv/internal/handover"
	"ctenv/internal/plan"
	"ctenv/internal/procid"
)

// unstartedFor is how long a container may wait for its start where nobody knows whether
// its client lives: one of another machine, or of before the last boot.
const unstartedFor = time.Hour

// Candidate is something of ctenv's that nobody needs any more.
type Candidate struct {
	Kind, Name string                      // "container", "network", "volume", "image" or "directory"
	Take       func(context.Context) error // removes it, once
}

// Remove removes it. That it has gone, or is used again, is no failure: ok is false then.
func (l Candidate) Remove(ctx context.Context) (ok bool, err error) {
	err = l.Take(ctx)
	switch {
	case err == nil:
		return true, nil
	case cerrdefs.IsNotFound(err) || cerrdefs.IsConflict(err) || cerrdefs.IsPermissionDenied(err):
		return false, nil
	}
	return false, &engine.Error{Msg: fmt.Sprintf("cannot remove %s %s", l.Kind, l.Name), Err: err}
}

// Find finds what is left on the engine of the ctenv of a user: containers that were never
// started or have ended, those of anybody in which an image was derived, networks that no
// container is in, and with volumes those named volumes that no container has.
func Find(ctx context.Context, e *engine.Engine, uid int, volumes bool) ([]Candidate, error) {
	left, err := containers(ctx, e, uid)
	if err != nil {
		return nil, err
	}
	boxes, err := derivations(ctx, e)
	if err != nil {
		return nil, err
	}
	left = append(left, boxes...)
	unused, err := networks(ctx, e, uid, left)
	if err != nil || !volumes {
		return append(left, unused...), err
	}
	more, err := namedVolumes(ctx, e, uid)
	return append(append(left, unused...), more...), err
}

// ofUser asks for what a user's ctenv has made.
func ofUser(uid int, more ...filters.KeyValuePair) filters.Args {
	return filters.NewArgs(append(more, filters.Arg("label", plan.LabelUID+"="+strconv.Itoa(uid)))...)
}

func containers(ctx context.Context, e *engine.Engine, uid int) ([]Candidate, error) {
	found, err := e.Made(ctx, filters.Arg("label", plan.LabelUID+"="+strconv.Itoa(uid)))
	if err != nil {
		return nil, err
	}
	now := e.Time(ctx)
	var left []Candidate
	for _, c := range found {
		if len(c.Names) > 0 && isLeft(c.State, procid.Of(c.Labels[plan.LabelClient]), now.Sub(time.Unix(c.Created, 0))) {
			left = append(left, ended(e, c))
		}
	}
	return left, nil
}

func ended(e *engine.Engine, c container.Summary) Candidate {
	return Candidate{"container", engine.NameOf(c), func(ctx context.Context) error {
		return e.API.ContainerRemove(ctx, c.ID, container.RemoveOptions{RemoveVolumes: true})
	}}
}

// isLeft says whether nobody will start a container, or look how it has ended: an engine
// that ends in an odd moment does not remove what it should have.
func isLeft(state string, client procid.State, age time.Duration) bool {
	switch {
	case state == container.StateExited, state == container.StateDead:
		return client != procid.Alive
	case engine.Unstarted(state):
		return client == procid.Dead || client == procid.Unknown && age > unstartedFor
	}
	return false
}

// derivations are the containers in which an image was to be derived by a ctenv that
// was killed. They carry no labels, which would be in the image, so nothing says whose
// they are: it takes their name, and that nobody has done anything to them for long.
func derivations(ctx context.Context, e *engine.Engine) ([]Candidate, error) {
	found, err := e.API.ContainerList(ctx, container.ListOptions{All: true, Filters: filters.NewArgs(filters.Arg("name", plan.DerivationPrefix))})
	if err != nil {
		return nil, &engine.Error{Msg: "cannot list containers", Err: err}
	}
	now := e.Time(ctx)
	var left []Candidate
	for _, c := range found {
		if !strings.HasPrefix(engine.NameOf(c), plan.DerivationPrefix) {
			continue
		}
		box, err := e.Inspect(ctx, c.ID)
		if err != nil || box.State.Running {
			continue // gone meanwhile, or at work
		}
		last, err := time.Parse(time.RFC3339Nano, box.State.FinishedAt)
		if made := time.Unix(c.Created, 0); err != nil || last.Before(made) {
			last = made // it was never started
		}
		if now.Sub(last) > unstartedFor {
			left = append(left, ended(e, c))
		}
	}
	return left, nil
}

// networks are those that no container has but the ones that go before them. A network
// knows those that run alone; one that was stopped could not be started without it.
func networks(ctx context.Context, e *engine.Engine, uid int, before []Candidate) ([]Candidate, error) {
	found, err := e.API.NetworkList(ctx, network.ListOptions{Filters: ofUser(uid)})
	if err != nil {
		return nil, &engine.Error{Msg: "cannot list networks", Err: err}
	}
	var left []Candidate
	for _, n := range found {
		box, err := e.API.NetworkInspect(ctx, n.ID, network.InspectOptions{})
		if err != nil || len(box.Containers) > 0 || procid.Of(n.Labels[plan.LabelClient]) == procid.Alive {
			continue // gone meanwhile, or in use, or about to be
		}
		has, err := e.API.ContainerList(ctx, container.ListOptions{All: true, Filters: filters.NewArgs(filters.Arg("network", n.ID), filters.Arg("network", n.Name))})
		stays := func(c container.Summary) bool {
			return !slices.ContainsFunc(before, func(l Candidate) bool { return l.Name == engine.NameOf(c) })
		}
		if err != nil || slices.ContainsFunc(has, stays) {
			continue
		}
		left = append(left, Candidate{"network", n.Name, func(ctx context.Context) error { return e.API.NetworkRemove(ctx, n.ID) }})
	}
	return left, nil
}

func namedVolumes(ctx context.Context, e *engine.Engine, uid int) ([]Candidate, error) {
	found, err := e.API.VolumeList(ctx, volume.ListOptions{Filters: ofUser(uid, filters.Arg("dangling", "true"))})
	if err != nil {
		return nil, &engine.Error{Msg: "cannot list volumes", Err: err}
	}
	var left []Candidate
	for _, v := range found.Volumes {
		if v == nil || v.Labels[plan.LabelUID] != strconv.Itoa(uid) {
			continue // podman 4.3 lists what meets one filter of several
		}
		left = append(left, Candidate{"volume", v.Name, func(ctx context.Context) error { return e.API.VolumeRemove(ctx, v.Name, false) }})
	}
	return left, nil
}

// Directories finds the directories that runs which were killed have left in parent.
func Directories(parent string) []Candidate {
	var left []Candidate
	for _, dir := range handover.DeadDirs(parent) {
		left = append(left, Candidate{"directory", dir, func(context.Context) error {
			handover.RemoveDead(dir)
			return nil
		}})
	}
	return left
}
