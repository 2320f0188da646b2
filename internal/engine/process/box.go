package process

import (
	"cmp"
	"context"
	"errors"

	"github.com/docker/docker/api/types/container"

	"ctenv/internal/engine"
	"ctenv/internal/engine/derive"
	"ctenv/internal/handover"
	"ctenv/internal/mountpoint"
	"ctenv/internal/plan"
	"ctenv/internal/streams"
	"ctenv/internal/tty"
)

// Box is one container from its creation to its end.
type Box struct {
	e        *engine.Engine
	p        plan.Plan
	launched plan.Plan // p with what its carrying out adds
	s        streams.Streams
	sigs     *tty.Signals
	term     *tty.Terminal      // nil without a terminal in the container
	direct   *direct            // nil where all streams are the engine's
	handover *handover.Handover // what ctenv-init asks for as its first, direct's or nothing of use; or nil
	before   *preface           // nil where nobody is there to hear it
	conn     *attachment        // to its streams
	written  <-chan struct{}    // closed when its output has been
	cut      error              // that ended its output by the engine early; to be read after written
	resumes  chan struct{}      // asks for what is stopped to go on; nil without a terminal in the container
	ID, Name string
	made     []mountpoint.Made // mount points on the host
	// ahead are the mount points for the image's own volumes, or why they are not known.
	ahead    func() ([]plan.HostPath, error)
	prepared bool
}

// Launch is a plan with what its carrying out adds.
type Launch struct {
	Plan     plan.Plan
	Handover *handover.Handover // whose socket it mounts, or nil
}

// NewBox is for a container of p that says what it has to say to s, made as l says.
func NewBox(e *engine.Engine, p plan.Plan, l Launch, s streams.Streams, sigs *tty.Signals) *Box {
	return &Box{e: e, p: p, launched: l.Plan, handover: l.Handover, s: s, sigs: sigs}
}

// Plan is what the container is made of, the name of its image included.
func (r *Box) Plan() plan.Plan { return r.p }

// Do makes the container and has act start it and stay with it. It takes all back where
// act fails, or where a container that was to stay ends.
func (r *Box) Do(ctx context.Context, act func(context.Context) (int, error)) (code int, err error) {
	defer holdFor(ctx, r.e, r.p, r.handover)()
	made, err := r.make(ctx)
	if err != nil {
		return 0, err
	}
	r.ID, r.Name = made.ID, made.Name
	defer func() {
		if (err != nil || code != 0 && r.p.Stay) && !errors.Is(err, engine.ErrGone) {
			r.takeBack(ctx)
		}
	}()
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	if err := r.ready(ctx, made); err != nil {
		return 0, err
	}
	return act(ctx)
}

// make makes the container, and before it what it needs.
func (r *Box) make(ctx context.Context) (made engine.Created, err error) {
	if err := r.e.PullFirst(ctx, r.p, r.s); err != nil {
		return made, err
	}
	var missing func(context.Context) error
	if r.p.Derive != nil {
		if r.p, err = derive.Named(ctx, r.e, r.p, r.s); err != nil {
			return made, err
		}
		missing = func(ctx context.Context) error { return derive.Make(ctx, r.e, r.p, r.s) }
	}
	r.launched.Image, r.launched.Pull = r.p.Image, r.p.Pull
	if err := r.e.EnsureNetwork(ctx, r.p, r.s); err != nil {
		return made, err
	}
	made, err = r.e.Create(ctx, r.launched, missing, r.s)
	if made.NoStreams {
		r.handover.Expire(0)
		r.handover = nil
		r.before.unwitnessed()
	}
	return made, err
}

// takeBack removes a container that is of no use.
func (r *Box) takeBack(ctx context.Context) {
	if r.term != nil {
		r.term.Restore() // removing may take its time
	}
	if r.sigs.GaveUp() && !r.p.Stay { // one that was to stay is half made
		r.s.Warnf("given up; container %s may still be there, `ctenv list` shows it", r.Name)
		return
	}
	r.e.Remove(ctx, r.ID, r.s)
	// Only now, since a container holds its mount points.
	r.unmake(ctx)
}

// prepare makes the host's mount points, as late as can be, so that a run that
// fails before leaves none.
func (r *Box) prepare(ctx context.Context) error {
	if r.prepared {
		return nil
	}
	r.prepared = true
	paths, err := r.hostPaths(ctx)
	if err != nil {
		return cmp.Or(r.e.Cut(ctx, err), err)
	}
	if r.made, err = mountpoint.Make(paths); err != nil {
		return &engine.Error{Msg: "cannot prepare the mounts", Err: err}
	}
	return nil
}

// ready is what comes between a container's creation and its start. An engine mounts all
// that a container has to take an upload, so the mount points are made before.
func (r *Box) ready(ctx context.Context, made engine.Created) error {
	r.lookAhead(ctx)
	if !made.Upload {
		return nil
	}
	if err := r.prepare(ctx); err != nil {
		return err
	}
	return r.e.UploadInit(ctx, r.ID, r.p.Request.InitPath(), r.s)
}

// attach connects to the container's streams.
func (r *Box) attach(ctx context.Context, keys streams.DetachKeys) (*attachment, error) {
	if err := r.initialize(ctx); err != nil {
		return nil, err
	}
	return r.connect(ctx, keys)
}

func (r *Box) connect(ctx context.Context, keys streams.DetachKeys) (*attachment, error) {
	conn, err := r.e.Attach(ctx, r.ID, r.p.OpenStdin, keys.Text)
	if err != nil {
		return nil, err
	}
	return &attachment{conn: conn, tty: r.p.TTY}, nil
}

// initialize has podman prepare a container, with all mounts, which it would for an attach,
// too: but the client drops what podman answers to a request for streams, and the second
// try of what has failed may pass, in part.
func (r *Box) initialize(ctx context.Context) error {
	if !r.e.Dialect().Prepares {
		return nil
	}
	if err := r.prepare(ctx); err != nil {
		return err
	}
	if err := r.e.Prepare(ctx, r.ID); err != nil {
		return r.startFailed(ctx, err)
	}
	return nil
}

// Start starts the container, after all that has to be on the host before.
func (r *Box) Start(ctx context.Context) error {
	if err := r.prepare(ctx); err != nil {
		return err
	}
	r.sigs.BeginStart()
	defer sayWhenSlow(r.sigs, "the engine", "the container", r.term, r.s)()
	if err := r.e.API.ContainerStart(ctx, r.ID, container.StartOptions{}); err != nil {
		return r.startFailed(ctx, err)
	}
	if r.term != nil && r.p.PicksPort() {
		r.term.Lines() // until it is made raw again
	}
	r.e.SayPorts(ctx, r.ID, r.p, r.s)
	return nil
}

// startFailed explains the engine's refusal to start the container.
func (r *Box) startFailed(ctx context.Context, err error) error {
	if cut := r.e.Cut(ctx, err); cut != nil {
		return cut
	}
	if problem := r.e.RootlessProblem(err, r.p); problem != nil {
		return problem
	}
	return r.e.StartError(err, r.p)
}

// expire bounds the time for ctenv-init to ask for what is offered.
func (r *Box) expire() {
	switch {
	case r.handover == nil:
	case r.direct != nil:
		r.handover.Expire(handover.Grace)
	default:
		r.handover.Expire(handover.WitnessGrace)
	}
}
