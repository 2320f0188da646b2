package engine

import (
	"context"
	"fmt"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"

	"ctenv/internal/engine/conn"
	"ctenv/internal/flock"
	"ctenv/internal/plan"
	"ctenv/internal/shellquote"
	"ctenv/internal/streams"
)

// namedNetwork returns the name of the network that p asks for, "" for one of
// the engine's own modes.
func (e *Engine) namedNetwork(p plan.Plan) string {
	mode := container.NetworkMode(p.Network)
	if mode == "" || !mode.IsUserDefined() || e.dialect().networkMode(p.Network) {
		return ""
	}
	return p.Network
}

// EnsureNetwork makes the network that p names where it is missing and p wants
// it made. It makes no API call where p names none. Without the network, or
// without an image, nothing else is made: a container that the engine refuses to
// start has already made its volumes.
func (e *Engine) EnsureNetwork(ctx context.Context, p plan.Plan, s streams.Streams) error {
	name := e.namedNetwork(p)
	if name == "" {
		return nil
	}
	found, err := e.hasNetwork(ctx, name)
	if found || err != nil {
		return err
	}
	if !p.CreateNetwork {
		return e.networkMissing(name)
	}
	if _, err := e.EnsureImage(ctx, p, s); err != nil {
		return err
	}
	// Old engines look for the name and then make the network, so two runs at once
	// can end up with two networks of one name.
	unlock, err := flock.Lock(ctx, conn.RuntimeDir(e.Getenv), "networks", s.Verbosef)
	if err != nil {
		return err
	}
	defer unlock()
	found, err = e.hasNetwork(ctx, name)
	if found || err != nil {
		return err
	}
	_, err = e.API.NetworkCreate(ctx, name, network.CreateOptions{Labels: p.NetworkLabels})
	if cerrdefs.IsConflict(err) {
		return nil // another machine or user was faster
	}
	if err != nil {
		return &Error{Msg: fmt.Sprintf("cannot make the network %q", name), Err: err}
	}
	s.Verbosef("made the network %s", name)
	return nil
}

func (e *Engine) hasNetwork(ctx context.Context, name string) (bool, error) {
	_, err := e.API.NetworkInspect(ctx, name, network.InspectOptions{})
	return Found(err, "cannot look up the network %q", name)
}

func (e *Engine) networkMissing(name string) error {
	way := e.dialect().inWords(fmt.Sprintf("make it with `docker network create %s`, or set `create_network = true`", shellquote.Word(name)))
	if podman.networkMode(name) {
		way = "that is podman's own word, and this engine is docker's: leave network out for its default"
	}
	return &Error{Msg: fmt.Sprintf("network %q does not exist", name), Hint: way}
}
