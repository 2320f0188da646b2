package engine

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"

	"ctenv/internal/plan"
	"ctenv/internal/wire"
)

// otherGrace is how long a container that another ctenv has made may take to start,
// before it counts as left behind, and one that is removed to be gone. Tests have one of
// their own.
var otherGrace = 30 * time.Second

// otherPoll is how often such a container is looked at.
const otherPoll = 50 * time.Millisecond

// Prepare does what has to be done right before a container is made, and only
// then: it is not called where there is one.
type Prepare func(context.Context) error

// Start makes the container that p, a plan with p.Stay, describes, and returns when
// it is ready. fresh is false where it was there already. A code that is not 0 is
// that of a set-up that failed, and has said so, or of a signal; there is no
// container then.
func (e *Engine) Start(ctx context.Context, p plan.Plan, prepare Prepare, s Streams) (c Staying, fresh bool, code int, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sigs := catchSignals(cancel)
	defer sigs.stop()
	c, fresh, code, err = e.ensure(ctx, p, prepare, s, sigs)
	if err == nil && code == 0 && !fresh {
		err = e.awaitReady(ctx, c, p.Enter(NewSession()))
	}
	if sig, ok := sigs.cancelled(); ok && err != nil {
		return c, fresh, 128 + int(sig), nil
	}
	return c, fresh, code, err
}

// ensure finds the container or makes it. One that it finds runs, but may still be
// set up by another ctenv.
func (e *Engine) ensure(ctx context.Context, p plan.Plan, prepare Prepare, s Streams, sigs *signals) (c Staying, fresh bool, code int, err error) {
	if err := e.ready(ctx); err != nil {
		return c, false, 0, err
	}
	e.introduce(s)
	deadline := time.Now().Add(otherGrace)
	names := []string{p.Name, p.SecondName()}
	var going string    // the container that is being removed
	var removeErr error // what kept it from that
	for {
		all, err := e.Staying(ctx, p.StayKey())
		if err != nil {
			return c, false, 0, err
		}
		if c, ok := firstRunning(all); ok {
			return c, false, 0, e.compatible(c)
		}
		if len(all) > 0 {
			// Another ctenv is about to start it, or the engine to remove it. What is
			// neither was left behind.
			left, late := all[0], time.Now().After(deadline)
			switch {
			case late && (left.ID == going || left.State == stateRemoving):
				return left, false, 0, left.stuck(removeErr)
			case left.ID != going && (late || stopped(left.State)):
				going, removeErr = left.ID, e.tryRemove(ctx, left.ID)
				deadline = time.Now().Add(otherGrace)
			}
			if err := sleep(ctx, otherPoll); err != nil {
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
		c, code, err := e.startNew(ctx, p, s, sigs)
		taken := (*takenError)(nil)
		if !errors.As(err, &taken) {
			return c, true, code, err
		}
		foreign, err := e.foreign(ctx, p)
		switch {
		case err != nil:
			return c, false, 0, err
		case foreign && len(names) == 1:
			return c, false, 0, &Error{Msg: fmt.Sprintf("the name %q is taken by another container", p.Name), Hint: "choose another one with `name`"}
		case time.Now().After(deadline):
			return c, false, 0, &Error{Msg: fmt.Sprintf("the name %q stays taken", p.Name), Hint: "choose another one with `name`", Err: taken.err}
		case foreign:
			s.verbose("the name %s is taken", p.Name)
			names = names[1:]
		default:
			if err := sleep(ctx, otherPoll); err != nil {
				return c, false, 0, err
			}
		}
	}
}

func firstRunning(all []Staying) (Staying, bool) {
	for _, c := range all {
		if c.State == container.StateRunning || c.State == container.StatePaused {
			return c, true
		}
	}
	return Staying{}, false
}

// stopped says that a container will not run by itself: an engine that lost it, or
// was restarted, may have left it.
func stopped(state string) bool {
	return state == container.StateExited || state == container.StateDead
}

// stateRemoving is the state of a container that the engine removes. It may end in
// StateDead.
const stateRemoving = "removing"

// stuck is the error of a container that has ended and does not go away.
func (c Staying) stuck(err error) error {
	if err == nil {
		err = fmt.Errorf("the engine calls it %q", c.State)
	}
	return &Error{
		Msg:  fmt.Sprintf("container %s stands in the way, and is not removed", c.Name),
		Hint: fmt.Sprintf("`ctenv stop %s` tries again; if that fails, restart the engine", c.Container()),
		Err:  err,
	}
}

// compatible says whether the ctenv-init in c reads the requests of this ctenv.
func (e *Engine) compatible(c Staying) error {
	if c.Labels[plan.LabelStays] == strconv.Itoa(wire.Version) {
		return nil
	}
	return &Error{
		Msg:  fmt.Sprintf("container %s was started by another version of ctenv", c.Name),
		Hint: fmt.Sprintf("`ctenv stop %s` ends it, and all that runs in it", c.Container()),
	}
}

// foreign says whether the name of p belongs to another container. Between taking a
// name and knowing the container an engine knows neither.
func (e *Engine) foreign(ctx context.Context, p plan.Plan) (bool, error) {
	found, err := e.api.ContainerInspect(ctx, p.Name)
	if cerrdefs.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, &Error{Msg: fmt.Sprintf("cannot look at the container %q", p.Name), Err: err}
	}
	for _, label := range []string{plan.LabelStays, plan.LabelProjectDir, plan.LabelUID, plan.LabelContainer} {
		if found.Config.Labels[label] != p.Labels[label] {
			return true, nil
		}
	}
	return false, nil
}
