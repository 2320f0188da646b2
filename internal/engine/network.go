package engine

import (
	"context"
	"fmt"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"

	"ctenv/internal/plan"
)

// namedNetwork returns the name of the network that p asks for, "" for one of
// the engine's own modes.
func namedNetwork(p plan.Plan) string {
	mode := container.NetworkMode(p.Network)
	if mode == "" || !mode.IsUserDefined() {
		return ""
	}
	return p.Network
}

// ensureNetwork makes the network that p names where it is missing and p wants
// it made. It makes no API call where p names none. Without the network, or
// without an image, nothing else is made: a container that the engine refuses to
// start has already made its volumes.
func (e *Engine) ensureNetwork(ctx context.Context, p plan.Plan, s Streams) error {
	name := namedNetwork(p)
	if name == "" {
		return nil
	}
	found, err := e.hasNetwork(ctx, name)
	if found || err != nil {
		return err
	}
	if !p.CreateNetwork {
		return networkMissing(name)
	}
	if _, err := e.ensureImage(ctx, p, s); err != nil {
		return err
	}
	// Old engines look for the name and then make the network, so two runs at once
	// can end up with two networks of one name.
	unlock, err := lock(ctx, "networks", s)
	if err != nil {
		return err
	}
	defer unlock()
	found, err = e.hasNetwork(ctx, name)
	if found || err != nil {
		return err
	}
	_, err = e.api.NetworkCreate(ctx, name, network.CreateOptions{Labels: p.NetworkLabels})
	if cerrdefs.IsConflict(err) {
		return nil // another machine or user was faster
	}
	if err != nil {
		return &Error{Msg: fmt.Sprintf("cannot make the network %q", name), Err: err}
	}
	s.verbose("made the network %s", name)
	return nil
}

func (e *Engine) hasNetwork(ctx context.Context, name string) (bool, error) {
	_, err := e.api.NetworkInspect(ctx, name, network.InspectOptions{})
	if cerrdefs.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, &Error{Msg: fmt.Sprintf("cannot look up the network %q", name), Err: err}
	}
	return true, nil
}

func networkMissing(name string) error {
	return &Error{
		Msg:  fmt.Sprintf("network %q does not exist", name),
		Hint: fmt.Sprintf("make it with `docker network create %s`, or set `create_network = true`", name),
	}
}
