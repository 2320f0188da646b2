package process

import (
	"context"
	"fmt"
	"io"
	"time"

	"ctenv/internal/engine"
	"ctenv/internal/streams"
	"ctenv/internal/term"
)

// detached starts the container and leaves it, once ctenv-init runs.
func (r *Box) detached(ctx context.Context) error {
	start := r.startUnseen
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

// startUnseen starts the container. A signal that was kept meanwhile cancels the run: nobody
// will pass it to the command.
func (r *Box) startUnseen(ctx context.Context) error {
	err := r.Start(ctx)
	if err == nil {
		r.sigs.PrepareNext()
		err = ctx.Err()
	}
	return err
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
	if err := r.startUnseen(ctx); err != nil {
		return err
	}
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
