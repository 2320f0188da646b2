package process

import (
	"context"
	"time"

	"ctenv/internal/engine"
	"ctenv/internal/handover"
	"ctenv/internal/plan"
	"ctenv/internal/streams"
)

// direct are pipes between the caller's streams and a container's process, past the
// engine, which takes each byte through a dozen buffers of three processes.
type direct struct {
	*handover.Handover
	*streams.Ends
}

// newDirect prepares the pipes for the streams of p, or returns nil where there cannot
// be any. Terminals are the engine's, and so is output that it is to log.
func newDirect(p plan.Plan, s streams.Streams) *direct {
	parent := handover.Parent(p.SocketDir)
	if p.TTY || p.LogsWords() || parent == "" {
		return nil
	}
	own, err := streams.NewEnds(p.OpenStdin, s)
	if err != nil {
		s.Verbosef("the engine's streams are used: %v", err)
		return nil
	}
	h, err := handover.Offer(parent, own.Targets, own.Theirs)
	if err != nil {
		s.Verbosef("the engine's streams are used: %v", err)
		own.CloseOurs()
		return nil
	}
	return &direct{h, own}
}

// newWitness has ctenv-init of a container whose streams are the engine's say that it
// runs, or returns nil where it cannot.
func newWitness(p plan.Plan, s streams.Streams) *handover.Handover {
	parent := handover.Parent(p.SocketDir)
	if parent == "" || !p.LogsWords() {
		return nil
	}
	h, err := handover.OfferWitness(parent, p.Detach)
	if err != nil {
		s.Verbosef("that ctenv-init runs is not looked for: %v", err)
		return nil
	}
	return h
}

// copyOutput copies one of the outputs to its end, where the pipes are used.
func (d *direct) copyOutput(i int) error {
	if !d.IsUsed() {
		return d.Outs[i].Close()
	}
	return d.Ends.CopyOutput(i)
}

// ended returns a channel for a container that has ended. It is closed when nothing has
// come for a while: somebody outside may hold an end of a pipe, for ever. Where the pipes
// are not used it stays open, since they tell nothing of what comes by the engine.
func (d *direct) ended(ctx context.Context) <-chan struct{} {
	d.Expire(0) // nobody will come any more
	idle := make(chan struct{})
	go func() {
		if !d.IsUsed() {
			return
		}
		for quiet := time.Duration(0); quiet < engine.LostGrace; quiet += streams.IdlePoll {
			if engine.Sleep(ctx, streams.IdlePoll) != nil {
				return
			}
			if d.Holds() {
				quiet = 0
			}
		}
		close(idle)
	}()
	return idle
}

// close ends what a run that failed has prepared.
func (d *direct) close() {
	d.Handover.Close()
	d.CloseOurs()
}
