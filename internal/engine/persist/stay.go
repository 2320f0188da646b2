package persist

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/docker/docker/api/types/container"

	"ctenv/internal/engine"
	"ctenv/internal/engine/process"
	"ctenv/internal/join"
	"ctenv/internal/plan"
	"ctenv/internal/procid"
	"ctenv/internal/streams"
	"ctenv/internal/tty"
	"ctenv/internal/wire"
)

// otherPoll is how often such a container is looked at.
const otherPoll = 50 * time.Millisecond

// Prepare does what has to be done right before a container is made, and only
// then: it is not called where there is one.
type Prepare func(context.Context) error

// Wanted is a container that is to run, and is made where there is none.
type Wanted struct {
	Engine  *engine.Engine
	Plan    plan.Plan // with Stay
	Prepare Prepare   // nil for nothing to do
	Streams streams.Streams
}

// Start makes the container, and returns when
// it is ready. fresh is false where it was there already. A code that is not 0 is
// that of a set-up that failed, and has said so, or of a signal; there is no
// container then.
func (w Wanted) Start(ctx context.Context) (c Container, fresh bool, code int, err error) {
	ctx, sigs, stop := tty.CatchSignals(ctx)
	defer stop()
	c, fresh, code, err = w.ensure(ctx, sigs)
	if err == nil && code == 0 && !fresh {
		if err = awaitReady(ctx, w.Engine, c, w.Streams); err == nil {
			w.Engine.SayPorts(ctx, c.ID, w.Plan, w.Streams)
		}
	}
	code, err = sigs.Code(code, err)
	return c, fresh, code, err
}

// awaitReady returns when a container that another ctenv sets up is ready.
func awaitReady(ctx context.Context, e *engine.Engine, c Container, s streams.Streams) error {
	en, err := open(ctx, e, c, s)
	if err == nil && !en.Ready() {
		s.Verbosef(process.WaitingText, c.Name)
		var f join.Frame
		f, err = en.Ask(ctx, join.Request{Op: join.OpSetup}, join.KindEnd)
		var end join.End
		switch {
		case ctx.Err() != nil:
			err = ctx.Err()
		case err != nil || join.Decode(f.Payload, &end) != nil || end.Failed:
			err = process.ErrNotRunning
		}
	}
	if en != nil {
		en.Close()
	}
	if errors.Is(err, process.ErrNotRunning) {
		return &engine.Error{
			Msg:  fmt.Sprintf("container %s, which another ctenv was setting up, has ended: its set-up failed, or it was stopped", c.Name),
			Hint: "the other one has said why; `ctenv start` tries again",
		}
	}
	return err
}

// Exec runs a command in the container, which it starts where there is none, and
// returns the command's exit code. found is told the container before that. It is for
// where Knock finds none.
func (w Wanted) Exec(ctx context.Context, x plan.Exec, found func(c Container, fresh bool)) (code int, err error) {
	// One that is found may end before it is entered; then a new one is made.
	for deadline := (time.Time{}); ; {
		code, again, err := w.execOnce(ctx, x, found)
		if deadline.IsZero() { // what the first one took does not count: it may have pulled
			deadline = time.Now().Add(engine.OtherGrace)
		}
		if !again || time.Now().After(deadline) {
			return code, err
		}
		if err := engine.Sleep(ctx, otherPoll); err != nil {
			return 0, err
		}
	}
}

func (w Wanted) execOnce(ctx context.Context, x plan.Exec, found func(Container, bool)) (code int, again bool, err error) {
	ctx, sigs, stop := tty.CatchSignals(ctx)
	defer stop()
	c, fresh, code, err := w.ensure(ctx, sigs)
	if code, err = sigs.Code(code, err); err != nil || code != 0 {
		return code, false, err
	}
	en, err := open(ctx, w.Engine, c, w.Streams)
	if err == nil {
		found(c, fresh)
		code, err = en.Join(ctx, x, w.Streams, sigs, w.Engine.Getenv)
	}
	code, err = sigs.Code(code, err)
	return code, errors.Is(err, process.ErrNotRunning), err
}

// ensure finds the container or makes it. One that it finds runs, but may still be
// set up by another ctenv.
func (w Wanted) ensure(ctx context.Context, sigs *tty.Signals) (c Container, fresh bool, code int, err error) {
	e, p, s, prepare := w.Engine, w.Plan, w.Streams, w.Prepare
	e.Introduce(s)
	wait := waiting{deadline: time.Now().Add(engine.OtherGrace)}
	names := []string{p.Name, p.SecondName()}
	taken := false // the name was, at least once
	for {
		all, err := Find(ctx, e, p.StayKey())
		if err != nil {
			return c, false, 0, err
		}
		if c, ok := firstRunning(all); ok {
			return c, false, 0, compatible(c)
		}
		if len(all) > 0 {
			if err := w.settle(ctx, all[0], &wait); err != nil {
				return all[0], false, 0, err
			}
			if err := engine.Sleep(ctx, otherPoll); err != nil {
				return c, false, 0, err
			}
			continue
		}
		if prepare != nil {
			if err := prepare(ctx); err != nil {
				return c, false, 0, err
			}
			prepare = nil
		}
		p.Name = names[0]
		c, code, err := startNew(ctx, e, p, s, sigs)
		if !errors.As(err, new(*engine.TakenError)) {
			return c, true, code, err
		}
		if !taken { // what this one did before, as a pull, was no wait for the other
			taken, wait.deadline = true, time.Now().Add(engine.OtherGrace)
		}
		if names, err = w.afterTaken(ctx, err, names, wait.deadline); err != nil {
			return c, false, 0, err
		}
	}
}

// waiting is how far ensure has come with containers that are in its way.
type waiting struct {
	deadline  time.Time
	going     string // the container that is being removed
	removeErr error  // what kept it from that
	unknown   string // the one that was given more time, since nobody knows of its client
}

// settle does what is to be done about a container that does not run. Another ctenv is about
// to start it, or the engine to remove it. What is neither was left behind.
func (w Wanted) settle(ctx context.Context, left Container, wait *waiting) error {
	late, client := time.Now().After(wait.deadline), procid.Of(left.Labels[plan.LabelClient])
	grace := engine.OtherGrace
	switch {
	case late && (left.ID == wait.going || left.State == stateRemoving):
		return left.stuck(wait.removeErr)
	case left.ID == wait.going || !late && !stopped(left.State):
		return nil
	case engine.Unstarted(left.State) && client == procid.Alive:
		// Its engine may hang, or be sent ctenv-init by a slow way.
		w.Streams.Sayf("waiting for container %s, which another ctenv is about to start; Ctrl-C gives up", left.Name)
	case engine.Unstarted(left.State) && client == procid.Unknown && left.ID != wait.unknown:
		// So may that of one on another machine, or in another container.
		w.Streams.Sayf("waiting for container %s, which another ctenv may be about to start; `ctenv stop %s` removes it", left.Name, left.Container())
		wait.unknown, grace = left.ID, engine.UnstartedGrace
	default:
		wait.going, wait.removeErr = left.ID, w.Engine.TryRemove(ctx, left.ID)
	}
	wait.deadline = time.Now().Add(grace)
	return nil
}

// afterTaken are the names that are left to try where the first is taken, as by an error:
// another container has it, or this one is being made or removed.
func (w Wanted) afterTaken(ctx context.Context, taken error, names []string, deadline time.Time) ([]string, error) {
	p := w.Plan
	p.Name = names[0]
	foreign, err := foreign(ctx, w.Engine, p)
	switch {
	case err != nil:
		return nil, err
	case foreign && len(names) == 1:
		return nil, &engine.Error{Msg: fmt.Sprintf("the name %q is taken by another container", p.Name), Hint: "choose another one with `name`"}
	case time.Now().After(deadline):
		return nil, &engine.Error{Msg: fmt.Sprintf("the name %q stays taken", p.Name), Hint: "choose another one with `name`", Err: taken}
	case foreign:
		w.Streams.Verbosef("the name %s is taken", p.Name)
		return names[1:], nil
	}
	return names, engine.Sleep(ctx, otherPoll)
}

func firstRunning(all []Container) (Container, bool) {
	for _, c := range all {
		if c.State == container.StateRunning || c.State == container.StatePaused {
			return c, true
		}
	}
	return Container{}, false
}

// stopped says that a container will not run by itself: an engine that lost it, or
// was restarted, may have left it.
func stopped(state string) bool {
	return engine.Stopped(state) || state == container.StateDead
}

// stateRemoving is the state of a container that the engine removes. It may end in
// StateDead.
const stateRemoving = "removing"

// stuck is the error of a container that has ended and does not go away.
func (c Container) stuck(err error) error {
	if err == nil {
		err = fmt.Errorf("the engine calls it %q", c.State)
	}
	return &engine.Error{
		Msg:  fmt.Sprintf("container %s stands in the way, and is not removed", c.Name),
		Hint: fmt.Sprintf("`ctenv stop %s` tries again; if that fails, restart the engine", c.Container()),
		Err:  err,
	}
}

// compatible says whether the ctenv-init in c reads the requests of this ctenv.
func compatible(c Container) error {
	if c.Labels[plan.LabelStays] == strconv.Itoa(wire.Version) {
		return nil
	}
	return c.otherVersion()
}

func (c Container) otherVersion() error {
	return &engine.Error{
		Msg:  fmt.Sprintf("container %s was started by another version of ctenv", c.Name),
		Hint: fmt.Sprintf("`ctenv stop %s` ends it, and all that runs in it", c.Container()),
	}
}

// foreign says whether the name of p belongs to another container. Between taking a
// name and knowing the container an engine knows neither.
func foreign(ctx context.Context, e *engine.Engine, p plan.Plan) (bool, error) {
	found, err := e.Inspect(ctx, p.Name)
	if there, err := engine.Found(err, "cannot look at the container %q", p.Name); !there {
		return false, err
	}
	for _, label := range []string{plan.LabelStays, plan.LabelProjectDir, plan.LabelUID, plan.LabelContainer} {
		if found.Config.Labels[label] != p.Labels[label] {
			return true, nil
		}
	}
	return found.Config.Labels[plan.LabelProjectThere] != e.Inside(ctx).There(p.Labels[plan.LabelProjectDir]), nil
}
