// Package engine carries out a plan.Plan on a container engine. It is the only
// package that knows the engine's API: it connects, pulls, creates, streams,
// forwards signals and cleans up, and decides nothing that package plan can.
package engine

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"sync"
	"syscall"

	"github.com/docker/docker/client"

	"ctenv/internal/plan"
)

// Engine is a connection to one container engine. Its methods may be called from
// several goroutines.
type Engine struct {
	api      *client.Client
	endpoint endpoint

	pinged  chan struct{} // closed when the ping is over
	pingErr error         // read only after pinged

	pulled sync.Map // images that were pulled because the policy is "always"
}

// Connect prepares a connection to the engine that the docker command would use.
// It returns at once: the ping that settles the version of the API goes on while
// the caller reads its files, and whether the engine answers is reported by the
// first method that needs to know. ctx covers the ping.
func Connect(ctx context.Context) (*Engine, error) {
	ep, err := dockerEndpoint(os.Getenv)
	if err != nil {
		return nil, err
	}
	api, err := client.NewClientWithOpts(ep.opts...)
	if err != nil {
		return nil, &Error{Msg: fmt.Sprintf("the engine's address %q cannot be used", ep.address), Hint: ep.hint(), Err: err}
	}
	e := &Engine{api: api, endpoint: ep, pinged: make(chan struct{})}
	go func() {
		defer close(e.pinged)
		ping, err := api.Ping(ctx)
		if err != nil {
			e.pingErr = e.unreachable(ctx, err)
			return
		}
		api.NegotiateAPIVersionPing(ping)
	}()
	return e, nil
}

// Close gives up the connection.
func (e *Engine) Close() error { return e.api.Close() }

// ready waits for the ping.
func (e *Engine) ready(ctx context.Context) error {
	select {
	case <-e.pinged:
		return e.pingErr
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Facts tells what a plan depends on. Whether the engine is rootless is read off
// the owner of its socket, which costs no API call: a rootless engine's belongs
// to the user who runs it. An engine behind another kind of address counts as
// rootful.
func (e *Engine) Facts(ctx context.Context) (plan.Facts, error) {
	if err := e.ready(ctx); err != nil {
		return plan.Facts{}, err
	}
	var facts plan.Facts
	if socket, ok := socketPath(e.endpoint.address); ok {
		if fi, err := os.Stat(socket); err == nil {
			facts.Rootless = fi.Sys().(*syscall.Stat_t).Uid != 0
		}
	}
	return facts, nil
}

// socketPath returns the path in a unix:// address.
func socketPath(address string) (string, bool) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "unix" {
		return "", false
	}
	return u.Path, true
}
