// Package engine carries out a plan.Plan on a container engine. It is the only
// package that knows the engine's API: it connects, pulls, creates, streams,
// forwards signals and cleans up, and decides nothing that package plan can.
package engine

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"

	"github.com/docker/docker/client"

	"ctenv/internal/plan"
)

// Engine is a connection to one container engine. Its methods may be called from
// several goroutines.
type Engine struct {
	init func(arch string) ([]byte, error) // Options.Init

	// Known once found is closed.
	api        *client.Client
	raw        rawAPI
	endpoint   endpoint
	podman     bool
	service    *service // podman's, where it had to be started
	passedOver error    // why docker was not taken
	findErr    error    // why there is no engine

	getenv func(string) string
	found  chan struct{}
	cancel context.CancelFunc

	pulled sync.Map // images that were pulled because the policy is "always"
}

// Connect prepares a connection to an engine, docker's where the docker command
// would find it. It returns at once: the search and the ping that settles the
// version of the API go on while the caller reads its files, and whether an
// engine answers is reported by the first method that needs to know. ctx covers
// the search, and the life of a service that is started.
func Connect(ctx context.Context, o Options) (*Engine, error) {
	if o.Getenv == nil {
		o.Getenv = os.Getenv
	}
	docker := endpoint{config: newDockerConfig(o.Getenv)}
	if o.Runtime != runtimePodman {
		var err error
		if docker, err = dockerEndpoint(o.Getenv); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	e := &Engine{init: o.Init, getenv: o.Getenv, found: make(chan struct{}), cancel: cancel}
	go func() {
		defer close(e.found)
		e.findErr = e.find(ctx, o, docker)
	}()
	return e, nil
}

// Close gives up the connection, and ends what was started for it.
func (e *Engine) Close() error {
	e.cancel()
	<-e.found
	if e.api == nil {
		return nil
	}
	err := e.api.Close()
	if e.service != nil {
		e.service.stop()
	}
	return err
}

// ready waits for the engine.
func (e *Engine) ready(ctx context.Context) error {
	select {
	case <-e.found:
		return e.findErr
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Facts tells what a plan depends on.
func (e *Engine) Facts(ctx context.Context) (plan.Facts, error) {
	if err := e.ready(ctx); err != nil {
		return plan.Facts{}, err
	}
	rootless, err := e.rootless(ctx)
	return plan.Facts{Podman: e.podman, Rootless: rootless}, err
}

// rootless tells whether the engine's root is an ordinary user. Mostly its socket
// tells, which costs no API call: root's is a rootful engine's, and one that lies
// where rootless engines put theirs is one's own. A user's socket elsewhere may
// lead to an engine of any kind, in a virtual machine for one.
func (e *Engine) rootless(ctx context.Context) (bool, error) {
	if socket, ok := socketPath(e.endpoint.address); ok {
		fi, err := os.Stat(socket)
		if err == nil && fi.Sys().(*syscall.Stat_t).Uid == 0 {
			return false, nil
		}
		if err == nil && (e.podman && filepath.Base(filepath.Dir(socket)) == "podman" || e.service != nil || !e.podman && besideRootlesskit(socket)) {
			return true, nil
		}
	}
	info, err := e.api.Info(ctx)
	if err != nil {
		return false, &Error{Msg: fmt.Sprintf("the container engine at %s does not say what it is", e.endpoint.address), Err: err}
	}
	return slices.Contains(info.SecurityOptions, "name=rootless"), nil
}

// besideRootlesskit tells whether a socket was made by dockerd-rootless.sh, which
// keeps its state beside it.
func besideRootlesskit(socket string) bool {
	_, err := os.Stat(filepath.Join(filepath.Dir(socket), "dockerd-rootless"))
	return err == nil
}

// socketPath returns the path in a unix:// address.
func socketPath(address string) (string, bool) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "unix" {
		return "", false
	}
	return u.Path, true
}
