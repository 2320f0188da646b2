package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
	"golang.org/x/sys/unix"

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

// networkGrace is how long another run may take to make a network.
var networkGrace = 10 * time.Second

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
	unlock, err := lockNetworks(ctx, s)
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

// lockNetworks keeps this user's other runs from making networks until the
// function it returns is called. Without a cache folder there is no lock, and the
// engine's own check has to do; so it does where the lock is held for longer than that
// takes: a container may have the cache mounted. An error is ctx's.
func lockNetworks(ctx context.Context, s Streams) (unlock func(), err error) {
	none := func() {}
	cache, err := os.UserCacheDir()
	if err != nil {
		return none, nil
	}
	dir := filepath.Join(cache, "ctenv")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		s.verbose("no lock for making networks: %v", err)
		return none, nil
	}
	f, err := os.OpenFile(filepath.Join(dir, "networks.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		s.verbose("no lock for making networks: %v", err)
		return none, nil
	}
	unlock = func() { f.Close() }
	for deadline := time.Now().Add(networkGrace); ; {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return unlock, nil
		}
		if err != unix.EWOULDBLOCK || time.Now().After(deadline) {
			s.verbose("no lock for making networks: %v", err)
			return unlock, nil
		}
		if err := sleep(ctx, otherPoll); err != nil {
			unlock()
			return none, err
		}
	}
}

func networkMissing(name string) error {
	return &Error{
		Msg:  fmt.Sprintf("network %q does not exist", name),
		Hint: fmt.Sprintf("make it with `docker network create %s`, or set `create_network = true`", name),
	}
}
