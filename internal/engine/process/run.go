// Package process is the lifecycle of what runs: a container, or a command that joins one. It
// is attached to, started, given sizes and signals, and stayed with to its end.
package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/docker/docker/api/types/container"

	"ctenv/internal/engine"
	"ctenv/internal/engine/derive"
	"ctenv/internal/handover"
	"ctenv/internal/mountpoint"
	"ctenv/internal/plan"
	"ctenv/internal/streams"
	"ctenv/internal/term"
	"ctenv/internal/tty"
)

// Run carries p out and returns the exit code of its command, as the engine gives
// it: 128+n for a command that signal n ended. A signal that arrives before the
// command starts cancels the run and gives 128+n too. Errors are of type *Error
// but for those of ctx and of p itself. After an error there is no container, and
// no directory or file of p.HostPaths that this run made, but for what another container
// may use by then; a network that it made stays.
//
// In a detached run the code is 0 and the container's id is written to s.Out.
//
// One attached run makes six API calls: ping, create, attach, wait and, beside those
// two, a look at the container; start.
// A named network adds one to look it up, a terminal one for each change of its size.
func Run(ctx context.Context, e *engine.Engine, p plan.Plan, s streams.Streams) (exitCode int, err error) {
	var t *tty.Terminal
	if p.TTY && !p.Detach {
		t = tty.New(s.In, s.Out, s.Err)
		defer t.Restore()
		p = p.WithTerminal(t.Size())
	}
	p.Relocate(handover.NewWord())
	r := &Box{e: e, p: p, s: s, term: t, direct: newDirect(p, s)}
	var witness *handover.Handover
	if r.direct != nil {
		defer r.direct.close()
		r.handover = r.direct.Handover
	} else if witness = newWitness(p, s); witness != nil {
		defer witness.Close()
		r.handover = witness
	}
	r.before, r.launched = newPreface(p, witness)
	if r.handover != nil {
		r.launched = r.launched.WithStreams(r.handover.Ask, r.handover.Socket())
	}
	if err := e.Check(r.launched); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r.sigs = tty.CatchSignals(cancel)
	defer r.sigs.Stop()

	code, err := r.run(ctx)
	if sig, ok := r.sigs.Cancelled(); ok && err != nil {
		return 128 + int(sig), nil
	}
	return derive.Reported(code, err)
}

func (r *Box) run(ctx context.Context) (int, error) {
	r.e.Introduce(r.s)
	return r.Do(ctx, func(ctx context.Context) (int, error) {
		if r.p.Detach {
			return 0, r.detached(ctx)
		}
		return r.attached(ctx)
	})
}

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
	ID, Name string
	made     []mountpoint.Made // mount points on the host
	ahead    chan points
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
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return ctx.Err()
	case engine.ConnectionLost(err):
		return r.e.Lost(err)
	default:
		return err
	}
	if err := r.makeHostPaths(paths); err != nil {
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
	if !r.e.Prepares() {
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
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case engine.ConnectionLost(err):
		return r.e.Lost(err)
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

// detached starts the container and leaves it, once ctenv-init runs.
func (r *Box) detached(ctx context.Context) error {
	start := r.Start
	if r.handover != nil {
		start = r.startSeen
	}
	if err := start(ctx); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(r.s.Out, term.OneLine(r.ID)); err != nil {
		return &engine.Error{Msg: "cannot write the container's id", Err: err}
	}
	return nil
}

// startSeen starts the container and returns when ctenv-init runs, or nobody can tell.
func (r *Box) startSeen(ctx context.Context) error {
	if err := r.initialize(ctx); err != nil {
		return err
	}
	// What an engine's init says is nowhere else: the container is removed with its log.
	said := make(chan struct{})
	conn, err := r.connect(ctx, streams.DetachKeys{})
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil: // its log driver has no streams, so there is no telling
		r.before.end()
	default:
		defer conn.close()
		go func() {
			defer close(said)
			_ = conn.copyTo(r.before.holding(io.Discard), r.before.holding(io.Discard))
		}()
	}
	ended, err := wait(ctx, r.e, r.ID, nil)
	if err != nil {
		return err
	}
	if err := r.Start(ctx); err != nil {
		return err
	}
	r.sigs.PrepareNext() // there is no command yet that a signal could be for
	r.expire()
	return r.seen(ctx, ended, said)
}

// seen returns when ctenv-init runs, or nobody can tell, or with why it does not. said is
// closed when the container has no more to say.
func (r *Box) seen(ctx context.Context, ended <-chan engine.Outcome, said <-chan struct{}) error {
	go r.before.listen(r.handover)
	over, err := false, error(nil)
	var end engine.Outcome
	for silent := said; !over; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-r.before.known:
			return nil
		case end = <-ended:
			over = true
		case <-silent:
			// Docker tells of the end once the container is removed, which may take long.
			silent = nil
			end, over, err = r.endSoon(ctx, ended)
		case <-r.handover.Settled():
			if r.handover.IsUsed() {
				return nil
			}
			if end, over, err = r.e.EndOf(ctx, r.ID, ended); !over {
				return err
			}
		}
		if err != nil {
			return err
		}
	}
	if err := r.Verdict(ctx, end); err != nil {
		return err
	}
	select {
	case <-said:
	case <-time.After(engine.LostGrace):
	}
	return r.neverRan(end.Code)
}

// endSoon is EndOf for a container whose output has ended, which it has before the engine
// knows of its end.
func (r *Box) endSoon(ctx context.Context, ended <-chan engine.Outcome) (end engine.Outcome, over bool, err error) {
	for range exitLooks {
		if end, over, err = r.e.EndOf(ctx, r.ID, ended); over || err != nil {
			return end, over, err
		}
		if err = engine.Sleep(ctx, exitPoll); err != nil {
			return end, false, err
		}
	}
	return end, false, nil
}

// attached starts the container with its streams on the caller's and stays with
// it to its end. The order is that of docker's own client: whatever the container
// does, from its first byte to its exit, somebody is there to see it.
func (r *Box) attached(ctx context.Context) (code int, err error) {
	l := newLife(r, r.s, r.sigs, r.term)
	if r.term != nil {
		l.keys = detachKeysOf(r.e.Config(), r.s)
		l.size = tty.Size{Rows: r.p.Request.Rows, Cols: r.p.Request.Cols}
	}
	if r.conn, err = r.attach(ctx, l.keys); err != nil {
		return 0, err
	}
	defer r.conn.close()
	silent := make(chan struct{})
	ended, err := wait(ctx, r.e, r.ID, silent)
	if err != nil {
		return 0, err
	}
	if err := l.rawForStart(); err != nil {
		return 0, err
	}
	r.written = r.copyOutputs(ctx, silent, l.failed)
	if err := r.Start(ctx); err != nil {
		return 0, err
	}
	r.expire()
	l.begin(ctx, r.p.OpenStdin)
	return l.stay(ctx, r.outlast(ctx, ended))
}

// Watched is a container in front of which nobody sits.
type Watched struct {
	Said  <-chan struct{} // closed when it has no more to say
	Ended <-chan engine.Outcome
	Close func()
}

// Watch has what the container says be written to w, and its end be seen. It comes before
// Start.
func (r *Box) Watch(ctx context.Context, w io.Writer) (Watched, error) {
	conn, err := r.attach(ctx, streams.DetachKeys{})
	if err != nil {
		return Watched{}, err
	}
	ended, err := wait(ctx, r.e, r.ID, nil)
	if err != nil {
		conn.close()
		return Watched{}, err
	}
	said := make(chan struct{})
	go func() {
		_ = conn.copyTo(w, w)
		close(said)
	}()
	return Watched{said, ended, conn.close}, nil
}

// PassSignals sends the caller's signals to the container, until stop is called.
func (r *Box) PassSignals(ctx context.Context) (stop func()) {
	r.sigs.Begun(func(sig syscall.Signal) { r.signal(ctx, sig) })
	return r.sigs.PrepareNext
}

// copyOutputs copies what the container writes to its end, when written is closed. failed
// gets the first failure to write. silent is closed when the engine has no more.
func (r *Box) copyOutputs(ctx context.Context, silent chan<- struct{}, failed chan<- error) (written <-chan struct{}) {
	copies := []func() error{func() error {
		err := r.conn.copyOutput(r.before, r.s.Out, r.s.Err)
		// Output that cannot be written is still read: the engine holds a container
		// to be alive until its output is taken.
		defer close(silent)
		defer r.conn.discardOutput()
		streams.Report(failed, err)
		return nil
	}}
	if r.handover != nil {
		go r.before.listen(r.handover)
	}
	if r.direct != nil {
		for i := range r.direct.Outs {
			copies = append(copies, func() error { return r.direct.copyOutput(i) })
		}
	}
	all, done := sync.WaitGroup{}, make(chan struct{})
	for _, copyOne := range copies {
		all.Go(func() { streams.Report(failed, copyOne()) })
	}
	go func() {
		all.Wait()
		close(done)
	}()
	return done
}

func (r *Box) signal(ctx context.Context, sig syscall.Signal) { r.e.Kill(ctx, r.ID, sig, r.s) }

func (r *Box) resize(ctx context.Context, rows, cols uint16) error {
	return r.e.API.ContainerResize(ctx, r.ID, container.ResizeOptions{Height: uint(rows), Width: uint(cols)})
}

func (r *Box) input(in *os.File, keys streams.DetachKeys) (detached bool) {
	if r.direct != nil && r.direct.IsUsed() {
		_ = r.conn.conn.CloseWrite()
		r.direct.CopyInput(in)
		return false
	}
	return r.conn.copyInput(in, keys)
}

func (r *Box) leave() string { return fmt.Sprintf("container %s goes on", r.Name) }

// finish waits for what the container has written. Where the engine was lost, what is on
// its way gets a moment.
func (r *Box) finish(ctx context.Context, end engine.Outcome) (int, error) {
	if err := r.Verdict(ctx, end); err != nil {
		select {
		case <-r.written:
		case <-time.After(engine.LostGrace):
		}
		return 0, err
	}
	var idle <-chan struct{}
	if r.direct != nil {
		idle = r.direct.ended(ctx)
	}
	select {
	case <-r.written:
	case <-idle:
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	r.sayOutOfMemory(ctx, end)
	return end.Code, r.neverRan(end.Code)
}

// Verdict tells why the end of the container is not known, nil when it is.
func (r *Box) Verdict(ctx context.Context, end engine.Outcome) error {
	switch {
	case end.Err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case engine.ConnectionLost(end.Err):
		return r.lost(end.Err)
	}
	return end.Err
}
