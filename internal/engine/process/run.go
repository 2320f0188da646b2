// Package process is the lifecycle of what runs: a container, or a command that joins one. It
// is attached to, started, given sizes and signals, and stayed with to its end.
package process

import (
	"context"

	"ctenv/internal/engine"
	"ctenv/internal/engine/derive"
	"ctenv/internal/handover"
	"ctenv/internal/plan"
	"ctenv/internal/streams"
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
	ctx, sigs, stop := tty.CatchSignals(ctx)
	defer stop()
	r.sigs = sigs
	return derive.Reported(sigs.Code(r.run(ctx)))
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
