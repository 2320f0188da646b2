package engine

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

	"ctenv/internal/handover"
	"ctenv/internal/plan"
	"ctenv/internal/procid"
)

// unstartedFor is how long a container may wait for its start where nobody knows whether
// its client lives: one of another machine, or of before the last boot.
const unstartedFor = time.Hour

// Left is something of ctenv's that nobody needs any more.
type Left struct {
	Kind, Name string                      // "container", "network", "volume", "image" or "directory"
	Take       func(context.Context) error // removes it, once
}

// Remove removes it. That it has gone, or is used again, is no failure: ok is false then.
func (l Left) Remove(ctx context.Context) (ok bool, err error) {
	err = l.Take(ctx)
	switch {
	case err == nil:
		return true, nil
	case cerrdefs.IsNotFound(err) || cerrdefs.IsConflict(err) || cerrdefs.IsPermissionDenied(err):
		return false, nil
	}
	return false, &Error{Msg: fmt.Sprintf("cannot remove %s %s", l.Kind, l.Name), Err: err}
}

// Left finds what is left on the engine of the ctenv of a user: containers that were
// never started or have ended, those of anybody in which an image was derived, networks that no container is in, and with volumes those
// named volumes that no container has.
func (e *Engine) Left(ctx context.Context, uid int, volumes bool) ([]Left, error) {
	left, err := e.leftContainers(ctx, uid)
	if err != nil {
		return nil, err
	}
	boxes, err := e.leftDerivations(ctx)
	if err != nil {
		return nil, err
	}
	left = append(left, boxes...)
	networks, err := e.leftNetworks(ctx, uid, left)
	if err != nil || !volumes {
		return append(left, networks...), err
	}
	more, err := e.leftVolumes(ctx, uid)
	return append(append(left, networks...), more...), err
}

// ofUser asks for what a user's ctenv has made.
func ofUser(uid int, more ...filters.KeyValuePair) filters.Args {
	return filters.NewArgs(append(more, filters.Arg("label", plan.LabelUID+"="+strconv.Itoa(uid)))...)
}

func (e *Engine) leftContainers(ctx context.Context, uid int) ([]Left, error) {
	found, err := e.Made(ctx, filters.Arg("label", plan.LabelUID+"="+strconv.Itoa(uid)))
	if err != nil {
		return nil, err
	}
	var left []Left
	for _, c := range found {
		if len(c.Names) > 0 && isLeft(c.State, procid.Of(c.Labels[plan.LabelClient]), time.Since(time.Unix(c.Created, 0))) {
			left = append(left, e.leftContainer(c))
		}
	}
	return left, nil
}

func (e *Engine) leftContainer(c container.Summary) Left {
	return Left{"container", NameOf(c), func(ctx context.Context) error {
		return e.API.ContainerRemove(ctx, c.ID, container.RemoveOptions{RemoveVolumes: true})
	}}
}

// podmanPrepared is podman's state of a container that is prepared as far as its process.
const podmanPrepared = "initialized"

// isLeft says whether nobody will start a container, or look how it has ended: an engine
// that ends in an odd moment does not remove what it should have.
func isLeft(state string, client procid.State, age time.Duration) bool {
	switch state {
	case container.StateExited, container.StateDead:
		return client != procid.Alive
	case container.StateCreated, "configured", podmanPrepared: // the last two are podman's words
		return client == procid.Dead || client == procid.Unknown && age > unstartedFor
	}
	return false
}

// leftDerivations are the containers in which an image was to be derived by a ctenv that
// was killed. They carry no labels, which would be in the image, so nothing says whose
// they are: it takes their name, and that nobody has done anything to them for long.
func (e *Engine) leftDerivations(ctx context.Context) ([]Left, error) {
	found, err := e.API.ContainerList(ctx, container.ListOptions{All: true, Filters: filters.NewArgs(filters.Arg("name", DerivationPrefix))})
	if err != nil {
		return nil, &Error{Msg: "cannot list containers", Err: err}
	}
	var left []Left
	for _, c := range found {
		if !strings.HasPrefix(NameOf(c), DerivationPrefix) {
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
		if time.Since(last) > unstartedFor {
			left = append(left, e.leftContainer(c))
		}
	}
	return left, nil
}

// leftNetworks are those that no container has but the ones that go before them. A network
// knows those that run alone; one that was stopped could not be started without it.
func (e *Engine) leftNetworks(ctx context.Context, uid int, before []Left) ([]Left, error) {
	found, err := e.API.NetworkList(ctx, network.ListOptions{Filters: ofUser(uid)})
	if err != nil {
		return nil, &Error{Msg: "cannot list networks", Err: err}
	}
	var left []Left
	for _, n := range found {
		box, err := e.API.NetworkInspect(ctx, n.ID, network.InspectOptions{})
		if err != nil || len(box.Containers) > 0 || procid.Of(n.Labels[plan.LabelClient]) == procid.Alive {
			continue // gone meanwhile, or in use, or about to be
		}
		has, err := e.API.ContainerList(ctx, container.ListOptions{All: true, Filters: filters.NewArgs(filters.Arg("network", n.ID), filters.Arg("network", n.Name))})
		stays := func(c container.Summary) bool {
			return !slices.ContainsFunc(before, func(l Left) bool { return l.Name == NameOf(c) })
		}
		if err != nil || slices.ContainsFunc(has, stays) {
			continue
		}
		left = append(left, Left{"network", n.Name, func(ctx context.Context) error { return e.API.NetworkRemove(ctx, n.ID) }})
	}
	return left, nil
}

func (e *Engine) leftVolumes(ctx context.Context, uid int) ([]Left, error) {
	found, err := e.API.VolumeList(ctx, volume.ListOptions{Filters: ofUser(uid, filters.Arg("dangling", "true"))})
	if err != nil {
		return nil, &Error{Msg: "cannot list volumes", Err: err}
	}
	var left []Left
	for _, v := range found.Volumes {
		if v == nil || v.Labels[plan.LabelUID] != strconv.Itoa(uid) {
			continue // podman 4.3 lists what meets one filter of several
		}
		left = append(left, Left{"volume", v.Name, func(ctx context.Context) error { return e.API.VolumeRemove(ctx, v.Name, false) }})
	}
	return left, nil
}

// LeftDirectories finds the directories that runs which were killed have left in parent.
func LeftDirectories(parent string) []Left {
	var left []Left
	for _, dir := range handover.DeadDirs(parent) {
		left = append(left, Left{"directory", dir, func(context.Context) error {
			handover.RemoveDead(dir)
			return nil
		}})
	}
	return left
}

// AfterDead removes the containers that clients of the user have made and not started
// before they were killed. It goes on beside a run, which waits for it in its end.
func (e *Engine) AfterDead(ctx context.Context, uid string) (wait func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), RemoveGrace)
		defer cancel()
		unstarted := filters.NewArgs(filters.Arg("label", plan.LabelManaged+"=true"), filters.Arg("label", plan.LabelUID+"="+uid), filters.Arg("status", container.StateCreated))
		if e.Prepares() {
			unstarted.Add("status", podmanPrepared)
		}
		found, err := e.API.ContainerList(ctx, container.ListOptions{All: true, Limit: handover.MaxDead, Filters: unstarted})
		if err != nil {
			return // `ctenv clean` says so
		}
		for _, c := range found {
			if c.Labels[plan.LabelManaged] == "" || procid.Of(c.Labels[plan.LabelClient]) != procid.Dead {
				continue
			}
			if own, err := e.own(ctx, c); own && err == nil { // and no stranger's, whose image has the labels
				_ = e.TryRemove(ctx, c.ID)
			}
		}
	}()
	return func() { <-done }
}
