package process

import (
	"context"
	"errors"
	"fmt"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"

	"ctenv/internal/engine"
)

const (
	// awayPoll is how often an engine that went away is looked for.
	awayPoll = 200 * time.Millisecond
	// awayGrace is how long one is looked for once its command has closed its output.
	awayGrace = 30 * time.Second
)

// outlast gives the end of a container that ended tells, of an engine that may restart
// before that.
func (r *Box) outlast(ctx context.Context, ended <-chan engine.Outcome) <-chan engine.Outcome {
	done := make(chan engine.Outcome, 1)
	go func() {
		end := <-ended
		if r.outlives(ctx, end) {
			end = r.comeBack(ctx, end)
		}
		done <- end
	}()
	return done
}

// outlives says whether the command goes on although end tells that the engine went away:
// Docker leaves containers alone when it ends, and these have streams of ours.
func (r *Box) outlives(ctx context.Context, end engine.Outcome) bool {
	return r.e.Dialect().ComesBack && r.direct != nil && r.direct.IsUsed() &&
		end.Err != nil && ctx.Err() == nil && engine.ConnectionLost(end.Err)
}

// comeBack waits for the engine that went away, and then for the end of the container. It
// looks for the engine as long as the command holds its output, and for awayGrace after
// that.
func (r *Box) comeBack(ctx context.Context, lost engine.Outcome) engine.Outcome {
	r.s.Sayf("the container engine at %s went away; the command goes on, and ctenv waits for both (Ctrl-C gives up)", r.e.Address())
	r.sigs.Away()
	var late <-chan time.Time
	written := r.written
	for {
		if end, back := r.askAgain(ctx); back {
			return end
		}
		select {
		case <-ctx.Done():
			return engine.Outcome{Err: ctx.Err()}
		case <-written:
			written, late = nil, time.After(awayGrace)
		case <-late:
			return lost
		case <-time.After(awayPoll):
		}
	}
}

// askAgain waits for the end of the container where the engine is back.
func (r *Box) askAgain(ctx context.Context) (end engine.Outcome, back bool) {
	if _, err := r.e.API.Ping(ctx); err != nil {
		return end, false
	}
	ended, err := r.e.WaitFor(ctx, r.ID, container.WaitConditionRemoved)
	if err == nil {
		r.PassSignals(ctx)
		r.s.Sayf("the container engine answers again")
		end = <-ended
		err = end.Err
	}
	switch {
	case cerrdefs.IsNotFound(err):
		err = &engine.Error{
			Msg:  fmt.Sprintf("the command ended while the container engine at %s was away: its exit code is not known", r.e.Address()),
			Hint: "an engine ends its containers when it starts again, unless it has live-restore (daemon.json) and is newer than Docker 20.10",
		}
	case r.outlives(ctx, engine.Outcome{Err: err}), cerrdefs.IsInternal(err), cerrdefs.IsUnavailable(err):
		// One that went away again, or cannot answer yet, is waited for again.
		r.sigs.Away()
		return end, false
	}
	end.Err = err
	return end, true
}

// lost is the error of an engine that went away under the container.
func (r *Box) lost(err error) error {
	lost := r.e.Lost(err)
	if e := (*engine.Error)(nil); r.e.Dialect().ComesBack && errors.As(lost, &e) {
		e.Hint = fmt.Sprintf("an engine with live-restore (daemon.json) keeps the container: once it is back, `docker attach %s` goes on with it", r.Name)
	}
	return lost
}
