package process

import (
	"cmp"
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
	"ctenv/internal/streams"
	"ctenv/internal/tty"
)

// attached starts the container with its streams on the caller's and stays with
// it to its end. The order is that of docker's own client: whatever the container
// does, from its first byte to its exit, somebody is there to see it.
func (r *Box) attached(ctx context.Context) (code int, err error) {
	l := newLife(r, r.s, r.sigs, r.term)
	if r.term != nil {
		l.keys = detachKeysOf(r.e.Config(), r.s)
		l.size = tty.Size{Rows: r.p.Request.Rows, Cols: r.p.Request.Cols}
		r.resumes = make(chan struct{}, 1)
		go r.resumeStopped(ctx)
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
	r.written = r.copyOutputs(silent, l.failed)
	if err := r.Start(ctx); err != nil {
		return 0, err
	}
	r.expire()
	l.begin(ctx, r.p.OpenStdin)
	return l.stay(ctx, r.outlast(ctx, ended))
}

// watched is a container in front of which nobody sits.
type watched struct {
	Said  <-chan struct{} // closed when it has no more to say
	Ended <-chan engine.Outcome
	Close func()
}

// Watch has what the container says be written to w, and its end be seen. It comes before
// Start.
func (r *Box) Watch(ctx context.Context, w io.Writer) (watched, error) {
	conn, err := r.attach(ctx, streams.DetachKeys{})
	if err != nil {
		return watched{}, err
	}
	ended, err := wait(ctx, r.e, r.ID, nil)
	if err != nil {
		conn.close()
		return watched{}, err
	}
	said := make(chan struct{})
	go func() {
		_ = conn.copyTo(w, w)
		close(said)
	}()
	return watched{said, ended, conn.close}, nil
}

// PassSignals sends the caller's signals to the container, until stop is called.
func (r *Box) PassSignals(ctx context.Context) (stop func()) {
	r.sigs.Begun(func(sig syscall.Signal) { r.signal(ctx, sig) })
	return r.sigs.PrepareNext
}

// copyOutputs copies what the container writes to its end, when written is closed. failed
// gets the first failure to write. silent is closed when the engine has no more.
func (r *Box) copyOutputs(silent chan<- struct{}, failed chan<- error) (written <-chan struct{}) {
	copies := []func() error{func() error {
		err := r.conn.copyOutput(r.before, r.s.Out, r.s.Err)
		// Output that cannot be written is still read: the engine holds a container
		// to be alive until its output is taken.
		defer close(silent)
		defer r.conn.discardOutput()
		streams.Report(failed, err)
		// An engine that closes its side before it has read all input resets the connection.
		if !errors.As(err, new(*streams.OutputError)) && !(r.p.OpenStdin && errors.Is(err, syscall.ECONNRESET)) {
			r.cut = err
		}
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

func (r *Box) resize(ctx context.Context, rows, cols uint16) error {
	return r.e.API.ContainerResize(ctx, r.ID, container.ResizeOptions{Height: uint(rows), Width: uint(cols)})
}

func (r *Box) input(in *os.File, keys streams.DetachKeys) (detached bool) {
	if r.direct != nil && r.direct.IsUsed() {
		_ = r.conn.conn.CloseWrite()
		r.direct.CopyInput(in)
		return false
	}
	return r.conn.copyInput(in, keys, r.resume)
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
	return end.Code, cmp.Or(r.cutOff(ctx), r.neverRan(end.Code))
}

// cutOff is the error of output by the engine that did not come to its end.
func (r *Box) cutOff(ctx context.Context) error {
	select {
	case <-r.written:
	default: // somebody else holds it
		return nil
	}
	if r.cut == nil || ctx.Err() != nil || r.direct != nil && r.direct.IsUsed() {
		return nil
	}
	r.before.end()
	return &engine.Error{
		Msg:  fmt.Sprintf("the output of container %s is cut off: the connection to the engine has failed", r.Name),
		Hint: "the command itself has ended; see what it has done before you run it again",
		Err:  r.cut,
	}
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
