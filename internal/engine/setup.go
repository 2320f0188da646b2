package engine

import (
	"context"
	"errors"
	"io"
	"syscall"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"

	"ctenv/internal/plan"
)

// newMark makes the word that a container says when it is ready, or asks for its streams
// by; tests have one of their own.
var newMark = NewSession

// startNew makes and starts a container and stays with it until it is ready or has
// ended. What the set-up says goes to s.Err.
func (e *Engine) startNew(ctx context.Context, p plan.Plan, s Streams, sigs *signals) (c Staying, code int, err error) {
	p.Request.Mark = newMark()
	sp, err := translate(p, e.podman)
	if err != nil {
		return c, 0, err
	}
	r := &session{e: e, p: p, s: s, sigs: sigs}
	if err := e.pullFirst(ctx, p, s); err != nil {
		return c, 0, err
	}
	if err := e.ensureNetwork(ctx, p, s); err != nil {
		return c, 0, err
	}
	if r.id, r.name, err = e.create(ctx, p, sp, s); err != nil {
		return c, 0, err
	}
	c = Staying{ID: r.id, Name: r.name, State: container.StateRunning, Labels: p.Labels}
	defer func() {
		if (err != nil || code != 0) && !errors.Is(err, errGone) {
			e.remove(ctx, r.id, s)
			r.unmake(ctx)
		}
	}()
	if ctx.Err() != nil {
		return c, 0, ctx.Err()
	}
	r.lookAhead(ctx)
	conn, err := r.attach(ctx, detachKeys{})
	if err != nil {
		return c, 0, err
	}
	defer conn.close()
	ended, err := e.wait(ctx, r.id, nil)
	if err != nil {
		return c, 0, err
	}
	ready := make(chan struct{})
	setup := &markWriter{mark: p.Request.Mark, out: lossy{s.Err}}
	setup.found = func() {
		setup.out = io.Discard
		close(ready)
	}
	said := make(chan error, 1)
	go func() {
		_, err := stdcopy.StdCopy(setup, setup, conn.conn.Reader)
		_ = setup.flush()
		said <- err
	}()
	if err := r.start(ctx); err != nil {
		return c, 0, err
	}
	sigs.begun(func(sig syscall.Signal) { e.kill(ctx, r.id, sig, s) })
	defer sigs.prepareNext()
	select {
	case <-ready:
		return c, 0, nil
	case end := <-ended:
		if err := r.verdict(ctx, end); err != nil {
			return c, 0, err
		}
		select {
		case <-said:
		case <-time.After(lostGrace):
		}
		if end.code == 0 {
			end.code = 125 // it ended, so it is not ready
		}
		return c, end.code, nil
	case <-ctx.Done():
		return c, 0, ctx.Err()
	}
}

// lossy writes what it can: a set-up goes on whether or not somebody looks.
type lossy struct{ io.Writer }

func (l lossy) Write(b []byte) (int, error) {
	_, _ = l.Writer.Write(b)
	return len(b), nil
}
