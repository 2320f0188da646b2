package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"
	"time"

	"github.com/docker/docker/api/types/container"

	"ctenv/internal/plan"
)

const (
	// pipeGrace is how long a command may go on after the reader of its output
	// has gone.
	pipeGrace = time.Second
	// lostGrace is how long output that is on its way is still written after the
	// engine has gone.
	lostGrace = time.Second
	// slowStart is how long a start may take before it is said.
	slowStart = 10 * time.Second
)

// Run carries p out and returns the exit code of its command, as the engine gives
// it: 128+n for a command that signal n ended. A signal that arrives before the
// command starts cancels the run and gives 128+n too. Errors are of type *Error
// but for those of ctx and of p itself. After an error there is no container, and
// no folder or file of p.HostPaths that this run made, but for what another container
// may use by then; a network that it made stays.
//
// In a detached run the code is 0 and the container's id is written to s.Out.
//
// One attached run makes six API calls: ping, create, attach, wait and, beside those
// two, a look at the container; start.
// A terminal adds one for its size, and a named network one to look it up.
func (e *Engine) Run(ctx context.Context, p plan.Plan, s Streams) (exitCode int, err error) {
	var t *terminal
	if p.TTY && !p.Detach {
		t = newTerminal(s)
		defer t.restore()
		p.Request.Rows, p.Request.Cols = t.winsize()
	}
	if err := e.ready(ctx); err != nil {
		return 0, err
	}
	d, piped := newDirect(p, s), p
	if d != nil {
		defer d.close()
		piped.Request.Streams = d.ask
		piped.Mounts = append(slices.Clip(p.Mounts), d.mount())
	}
	sp, err := translate(piped, e.podman)
	if err != nil {
		return 0, err
	}
	sp.direct = d
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sigs := catchSignals(cancel)
	defer sigs.stop()

	code, err := e.run(ctx, sp, &session{e: e, p: p, s: s, sigs: sigs, term: t, direct: d})
	if sig, ok := sigs.cancelled(); ok && err != nil {
		return 128 + int(sig), nil
	}
	return code, err
}

func (e *Engine) run(ctx context.Context, sp spec, r *session) (code int, err error) {
	p, s := r.p, r.s
	e.introduce(s)
	if err := e.pullFirst(ctx, p, s); err != nil {
		return 0, err
	}
	if err := e.ensureNetwork(ctx, p, s); err != nil {
		return 0, err
	}
	r.id, r.name, err = e.create(ctx, p, sp, s)
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil && !errors.Is(err, errGone) {
			if r.term != nil {
				r.term.restore() // removing may take its time
			}
			if r.sigs.gaveUp() {
				s.warn("given up; container %s may still be there, `ctenv list` shows it", r.name)
				return
			}
			e.remove(ctx, r.id, s)
			// Only now, since a container holds its mount points.
			r.unmake(ctx)
		}
	}()
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	r.lookAhead(ctx)
	if p.Detach {
		return 0, r.detached(ctx)
	}
	return r.attached(ctx)
}

// introduce says what there is to say about the engine.
func (e *Engine) introduce(s Streams) {
	if e.passedOver != nil {
		s.verbose("podman is used: %s", e.passedOver)
	}
	if e.endpoint.warning != "" {
		s.warn("%s", e.endpoint.warning)
	}
}

// session is one container from its creation to its end.
type session struct {
	e        *Engine
	p        plan.Plan
	s        Streams
	sigs     *signals
	term     *terminal // nil without a terminal in the container
	direct   *direct   // nil where all streams are the engine's
	id, name string
	made     []made // mount points on the host
	ahead    chan points
	prepared bool
}

// prepare makes the host's mount points, as late as can be, so that a run that
// fails before leaves none.
func (r *session) prepare(ctx context.Context) error {
	if r.prepared {
		return nil
	}
	r.prepared = true
	paths, err := r.hostPaths(ctx)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return ctx.Err()
	case connectionLost(err):
		return r.e.lost(err)
	default:
		return err
	}
	if r.made, err = makeHostPaths(paths); err != nil {
		return &Error{Msg: "cannot prepare the mounts", Err: err}
	}
	return nil
}

// attach connects to the container's streams. Podman prepares a container for that,
// with all mounts. It is asked to do so first: the client drops what podman answers to
// a request for streams, and the second try of what has failed may pass, in part.
func (r *session) attach(ctx context.Context, keys detachKeys) (*attachment, error) {
	if !r.e.podman {
		return r.e.attach(ctx, r.id, r.p, keys)
	}
	if err := r.prepare(ctx); err != nil {
		return nil, err
	}
	if err := r.e.podmanInit(ctx, r.id); err != nil {
		return nil, r.startFailed(ctx, err)
	}
	return r.e.attach(ctx, r.id, r.p, keys)
}

func (r *session) start(ctx context.Context) error {
	if err := r.prepare(ctx); err != nil {
		return err
	}
	r.sigs.beginStart()
	defer r.sigs.sayWhenSlow("the container", r.term, r.s)()
	if err := r.e.api.ContainerStart(ctx, r.id, container.StartOptions{}); err != nil {
		return r.startFailed(ctx, err)
	}
	return nil
}

// startFailed explains the engine's refusal to start the container.
func (r *session) startFailed(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case connectionLost(err):
		return r.e.lost(err)
	}
	if problem := r.e.podmanProblem(err, r.p); problem != nil {
		return problem
	}
	return startError(err, r.p)
}

func (r *session) detached(ctx context.Context) error {
	if err := r.start(ctx); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(r.s.Out, r.id); err != nil {
		return &Error{Msg: "cannot write the container's id", Err: err}
	}
	return nil
}

// attached starts the container with its streams on the caller's and stays with
// it to its end. The order is that of docker's own client: whatever the container
// does, from its first byte to its exit, somebody is there to see it.
func (r *session) attached(ctx context.Context) (code int, err error) {
	var keys detachKeys
	if r.term != nil {
		keys = r.e.detachKeys(r.s)
	}
	conn, err := r.attach(ctx, keys)
	if err != nil {
		return 0, err
	}
	defer conn.close()
	silent := make(chan struct{})
	ended, err := r.e.wait(ctx, r.id, silent)
	if err != nil {
		return 0, err
	}
	if r.term != nil {
		if err := r.term.rawForStart(); err != nil {
			return 0, &Error{Msg: "cannot set the terminal to raw mode", Err: err}
		}
	}
	written := r.copyOutputs(conn, silent)
	if err := r.start(ctx); err != nil {
		return 0, err
	}
	if r.direct != nil {
		r.direct.expire(directGrace)
	}
	r.sigs.begun(func(sig syscall.Signal) { r.e.kill(ctx, r.id, sig, r.s) })
	if r.term != nil {
		_ = r.term.raw()
		r.term.follow(ctx, r.s, func(size container.ResizeOptions) error {
			return r.e.api.ContainerResize(ctx, r.id, size)
		})
	}
	left := make(chan struct{})
	if r.p.OpenStdin {
		// Nobody waits for this: reading may last longer than the container.
		go r.feed(ctx, conn, keys, left)
	}
	return r.stay(ctx, ended, written, left)
}

// copyOutputs copies what the container writes to its end. The channel gets the first
// failure to write, else nil at the end. silent is closed when the engine has no more.
func (r *session) copyOutputs(conn *attachment, silent chan<- struct{}) <-chan error {
	copies := []func() error{func() error { return conn.copyOutput(r.s.Out, r.s.Err) }}
	if r.direct != nil {
		for i := range r.direct.outs {
			copies = append(copies, func() error { return r.direct.copyOutput(i) })
		}
	}
	results := make(chan error, len(copies))
	for i, copyOne := range copies {
		go func() {
			results <- copyOne()
			if i == 0 {
				// Output that cannot be written is still read: the engine holds a container
				// to be alive until its output is taken.
				conn.discardOutput()
				close(silent)
			}
		}()
	}
	written := make(chan error, 1)
	go func() {
		for range copies {
			if err := <-results; errors.As(err, new(*outputError)) {
				written <- err
				return
			}
		}
		written <- nil
	}()
	return written
}

// feed copies stdin to the container, and closes left when the user detaches.
func (r *session) feed(ctx context.Context, conn *attachment, keys detachKeys, left chan<- struct{}) {
	if awaitForeground(ctx, r.s.In) != nil {
		return
	}
	if r.direct != nil && r.direct.isUsed() {
		_ = conn.conn.CloseWrite()
		r.direct.copyInput(r.s.In)
		return
	}
	if r.term != nil {
		_ = r.term.raw()
	}
	if conn.copyInput(r.s.In, keys) {
		close(left)
	}
}

// stay returns when the container has ended and its output is written, or when
// the user detaches.
func (r *session) stay(ctx context.Context, ended <-chan outcome, written <-chan error, left <-chan struct{}) (int, error) {
	var broken error // what kept the output from being written
	for {
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-left:
			r.term.restore()
			r.s.say("detached; container %s goes on", r.name)
			return 0, nil
		case err := <-written:
			written = nil
			if out := (*outputError)(nil); errors.As(err, &out) && broken == nil {
				broken = err
				r.hangUp(ctx)
			}
		case end := <-ended:
			if err := r.verdict(ctx, end); err != nil {
				if written != nil {
					select {
					case <-written:
					case <-time.After(lostGrace):
					}
				}
				return 0, err
			}
			if written != nil {
				var idle <-chan struct{}
				if r.direct != nil {
					idle = r.direct.ended(ctx)
				}
				select {
				case err := <-written:
					if errors.As(err, new(*outputError)) {
						broken = err
					}
				case <-idle:
				case <-ctx.Done():
					return 0, ctx.Err()
				}
			}
			switch {
			case broken == nil:
				return end.code, nil
			case errors.Is(broken, syscall.EPIPE):
				return 128 + int(syscall.SIGPIPE), nil
			}
			return 0, &Error{Msg: "cannot write the output", Err: broken}
		}
	}
}

// verdict tells why the end of the container is not known, nil when it is.
func (r *session) verdict(ctx context.Context, end outcome) error {
	switch {
	case end.err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case connectionLost(end.err):
		return r.e.lost(end.err)
	}
	return end.err
}

// hangUp ends a command whose output nobody reads as the kernel would have: by
// SIGPIPE. One that goes on all the same is killed.
func (r *session) hangUp(ctx context.Context) {
	go func() {
		r.e.kill(ctx, r.id, syscall.SIGPIPE, r.s)
		select {
		case <-ctx.Done():
		case <-time.After(pipeGrace):
			r.e.kill(ctx, r.id, syscall.SIGKILL, r.s)
		}
	}()
}
