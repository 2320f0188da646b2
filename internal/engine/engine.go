// Package engine carries out a plan.Plan on a container engine. It is the only
// package that knows the engine's API: it connects, pulls, creates, streams,
// forwards signals and cleans up, and decides nothing that package decide can.
package engine

import (
	"context"
	"sync"

	"ctenv/internal/engine/conn"
	"ctenv/internal/engine/inside"
	"ctenv/internal/look"
	"ctenv/internal/plan"
	"ctenv/internal/streams"
)

// Engine is a connection to one container engine, which has answered. Its methods may be
// called from several goroutines.
type Engine struct {
	*conn.Conn
	options Options
	cancel  context.CancelFunc
	pulled  sync.Map // images that were pulled because the policy is "always"
	// inside is the container of the engine's that ctenv runs in.
	inside struct {
		sync.Once
		*inside.Container
	}
}

// Search is for an engine. It goes on while the caller reads its files.
type Search struct {
	done   chan struct{} // closed when it has ended
	engine *Engine       // then: what it has found,
	err    error         // or why there is none
	cancel context.CancelFunc
}

// Find starts to search an engine, docker's where the docker command
// would find it. It returns at once: the search and the ping that settles the
// version of the API go on while the caller reads its files, and whether an
// engine answers is reported by Engine. ctx covers
// the search, and the life of a service that is started.
func Find(ctx context.Context, o Options) (*Search, error) {
	search, err := conn.NewSearch(o.Runtime, o.Getenv)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	s := &Search{done: make(chan struct{}), cancel: cancel}
	go func() {
		defer close(s.done)
		var c *conn.Conn
		if c, s.err = search.Find(ctx); s.err == nil {
			s.engine = &Engine{Conn: c, options: o, cancel: cancel}
		}
	}()
	return s, nil
}

// Engine waits for what the search has found. It may be called more than once.
func (s *Search) Engine(ctx context.Context) (*Engine, error) {
	select {
	case <-s.done:
		return s.engine, s.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Close gives up the search and the connection, and ends what was started for it.
func (s *Search) Close() error {
	s.cancel()
	<-s.done
	if s.engine == nil {
		return nil
	}
	return s.engine.Close()
}

// Connect is Find for a caller that has nothing else to do meanwhile.
func Connect(ctx context.Context, o Options) (*Engine, error) {
	s, err := Find(ctx, o)
	if err != nil {
		return nil, err
	}
	e, err := s.Engine(ctx)
	if err != nil {
		s.Close()
	}
	return e, err
}

// Close gives up the connection, and ends what was started for it.
func (e *Engine) Close() error {
	e.cancel()
	return e.Conn.Close()
}

// SocketDirs are where the sockets of containers that stay are (Options.SocketDirs).
func (e *Engine) SocketDirs() []string { return e.options.SocketDirs }

// Key names the socket of the container that key means (Options.Key).
func (e *Engine) Key(key plan.StayKey) string {
	name, _ := e.options.Key(key) // its mistakes are those of Find
	return name
}

// Getenv looks up a variable of the caller's.
func (e *Engine) Getenv(name string) string { return e.options.Getenv(name) }

// Facts tells what a plan depends on.
func (e *Engine) Facts(ctx context.Context) (look.Facts, error) {
	rootless, err := e.Rootless(ctx)
	return look.Facts{Known: true, Podman: e.Podman, Rootless: rootless, Proxies: e.proxies()}, err
}

// Inside is the container of the engine's in which ctenv itself runs, nil for none.
func (e *Engine) Inside(ctx context.Context) *inside.Container {
	e.inside.Do(func() { e.inside.Container = inside.Find(ctx, e.API) })
	return e.inside.Container
}

// Introduce says what there is to say about the engine.
func (e *Engine) Introduce(s streams.Streams) {
	if e.PassedOver != nil {
		s.Verbosef("%s", e.PassedOver)
	}
	if e.Warning() != "" {
		s.Warnf("%s", e.Warning())
	}
}
