// Package derive makes images of others, once, with what containers would otherwise do at
// each start.
package derive

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"

	"ctenv/internal/engine"
	"ctenv/internal/hint"
	"ctenv/internal/plan"
	"ctenv/internal/streams"
	"ctenv/internal/tty"
	"ctenv/internal/wire"
)

// Reported is err, or its exit code where nothing is left to say: of a container that has
// said itself what was wrong.
func Reported(code int, err error) (int, error) {
	if status := hint.Status(0); errors.As(err, &status) {
		return int(status), nil
	}
	return code, err
}

// Named gives p the image that is derived for it, which need not be there: that is
// known when a container of it is to be made. It asks for the base's id alone.
func Named(ctx context.Context, e *engine.Engine, p plan.Plan, s streams.Streams) (plan.Plan, error) {
	base, err := e.EnsureImage(ctx, p, s)
	if err != nil {
		return p, err
	}
	p.Image, p.Pull = p.Derive.Name(base.Answer.ID), engine.PullNever
	s.Verbosef("the image with %s is %s", p.Derive.What(), p.Image)
	return p, nil
}

// Ensure makes the image that is derived for p, unless it is there and fresh is false,
// and returns its name. Where none is derived it is p's own, which is pulled as p says.
func Ensure(ctx context.Context, e *engine.Engine, p plan.Plan, fresh bool, s streams.Streams) (name string, code int, err error) {
	ctx, sigs, stop := tty.CatchSignals(ctx)
	defer stop()
	name, err = ensure(ctx, e, p, fresh, s)
	code, err = Reported(sigs.Code(0, err))
	return name, code, err
}

func ensure(ctx context.Context, e *engine.Engine, p plan.Plan, fresh bool, s streams.Streams) (name string, err error) {
	e.Introduce(s)
	if err := e.PullFirst(ctx, p, s); err != nil {
		return "", err
	}
	if p.Derive == nil {
		_, err := e.EnsureImage(ctx, p, s)
		return p.Image, err
	}
	if p, err = Named(ctx, e, p, s); err != nil {
		return "", err
	}
	state, err := e.LookAtImage(ctx, p)
	if err != nil || state.Usable && !fresh {
		return p.Image, err
	}
	if state.Usable {
		removeImage(ctx, e, p.Image)
	}
	return p.Image, Make(ctx, e, p, s)
}

// Make makes the image of p. The name of the container that it is made in says that
// somebody makes it, on whichever machine.
func Make(ctx context.Context, e *engine.Engine, p plan.Plan, s streams.Streams) error {
	from := p
	from.Image = p.Derive.From
	base, err := e.LookAtImage(ctx, from)
	switch {
	case err != nil:
		return err
	case !base.Usable || p.Derive.Name(base.Answer.ID) != p.Image:
		return &engine.Error{Msg: fmt.Sprintf("image %q has become another one meanwhile", from.Image), Hint: "call it again"}
	}
	box := plan.DerivationPrefix + p.Derive.Tag(base.Answer.ID)
	for said := false; ; {
		id, err := e.CreateDerivation(ctx, p, base, box, s)
		if err == nil {
			defer e.Remove(ctx, id, s)
			return deriveIn(ctx, e, work{id, base}, p, s)
		}
		if !e.Dialect().NameTaken(err) {
			return err
		}
		if !said {
			s.Sayf("waiting for the image with %s, which another ctenv makes in the container %s", p.Derive.What(), box)
			said = true
		}
		if there, err := awaitDerived(ctx, e, p, box); err != nil || there {
			return err
		}
	}
}

const (
	// derivePoll is how often another one's work on an image is looked at.
	derivePoll = 100 * time.Millisecond
	// commitGrace is how long an engine may take to keep what a container has done.
	commitGrace = 10 * time.Minute
)

// awaitDerived waits until another one has made the image of p, or has given up. A
// container that has failed is soon gone, or was left behind; one that has done its work
// may take its time to become an image. Of one that was never started nobody knows whether
// its client lives: a label, which tells that elsewhere, would be in the image.
func awaitDerived(ctx context.Context, e *engine.Engine, p plan.Plan, box string) (there bool, err error) {
	var idle string // which container, and how
	var idleSince time.Time
	for {
		found, err := e.Inspect(ctx, box)
		exists, err := engine.Found(err, "cannot look at the container %q", box)
		switch {
		case ctx.Err() != nil:
			return false, ctx.Err()
		case err != nil:
			return false, err
		}
		state, err := e.LookAtImage(ctx, p)
		if err != nil || state.Usable {
			return state.Usable, err
		}
		switch {
		case !exists:
			return false, engine.Sleep(ctx, derivePoll)
		case found.State.Running:
			idle = ""
		case idle != found.ID+" "+string(found.State.Status):
			idle, idleSince = found.ID+" "+string(found.State.Status), time.Now()
			if engine.Unstarted(found.State.Status) {
				idleSince = idleSince.Add(-age(ctx, e, found.Created))
			}
		case time.Since(idleSince) > idleGrace(found.State):
			return false, e.TryRemove(ctx, box)
		}
		if err := engine.Sleep(ctx, derivePoll); err != nil {
			return false, err
		}
	}
}

// age is how long ago, by the engine's clock, something was made: 0 where that is not known.
func age(ctx context.Context, e *engine.Engine, created string) time.Duration {
	made, err := time.Parse(time.RFC3339Nano, created)
	if err != nil {
		return 0
	}
	return max(0, e.Time(ctx).Sub(made))
}

// idleGrace is how long a container may be in that state before nobody is thought to do
// anything about it.
func idleGrace(state *container.State) time.Duration {
	switch {
	case engine.Unstarted(state.Status):
		return engine.UnstartedGrace
	case state.Status != container.StateExited:
		return engine.OtherGrace
	case state.ExitCode == wire.DerivedAbandoned:
		return 0
	case state.ExitCode == 0:
		return commitGrace
	}
	return engine.OtherGrace
}

// work is a container that was made to derive an image from base in.
type work struct {
	id   string
	base engine.ImageState
}

// deriveIn does it.
func deriveIn(ctx context.Context, e *engine.Engine, w work, p plan.Plan, s streams.Streams) error {
	// Another one may have been ready just before this container was made.
	if state, err := e.LookAtImage(ctx, p); err != nil || state.Usable {
		return err
	}
	tell := s.Sayf
	if len(p.Derive.Install.Packages)+len(p.Derive.Install.Commands) == 0 {
		tell = s.Verbosef // sudo may be there already; where it is not, the container says so
	}
	how := "once"
	if p.Derive.Network == "none" {
		how += ", without a network, as [limits] say"
	}
	tell("making an image of %s with %s, %s", p.Derive.From, p.Derive.What(), how)
	code, err := runDerivation(ctx, e, w.id, p, s)
	switch {
	case err != nil:
		return err
	case code == wire.DerivedNothing:
		if err := e.API.ImageTag(ctx, w.base.Answer.ID, p.Image); err != nil {
			return &engine.Error{Msg: fmt.Sprintf("cannot give the image %q the name %q", p.Derive.From, p.Image), Err: err}
		}
	case code != 0:
		return hint.Status(code)
	default:
		if err := keep(ctx, e, w.id, p, w.base); err != nil {
			return err
		}
	}
	trim(ctx, e, p)
	return nil
}

// keep makes the image of p from the container id. Cancelling ctx does not cut the
// commit short: the engine would finish it all the same, after the name was removed.
func keep(ctx context.Context, e *engine.Engine, id string, p plan.Plan, base engine.ImageState) error {
	_, err := e.API.ContainerCommit(context.WithoutCancel(ctx), id, e.CommitOptions(p.Image, base, p.Derive))
	switch {
	case err != nil && ctx.Err() == nil:
		return &engine.Error{Msg: fmt.Sprintf("cannot keep the image with %s", p.Derive.What()), Err: err, Hint: "`--no-derive` installs it in each container"}
	case err == nil && ctx.Err() == nil:
		err = checkDerived(ctx, e, p, base)
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		removeImage(ctx, e, p.Image)
	}
	return err
}

// runDerivation starts the container, tells its ctenv-init what to do, and returns how
// that ended. What it says goes to s.Err.
func runDerivation(ctx context.Context, e *engine.Engine, id string, p plan.Plan, s streams.Streams) (code int, err error) {
	doc, err := wire.EncodeDerivation(p.Derive.Order())
	if err != nil {
		return 0, err
	}
	if err := e.Prepare(ctx, id); err != nil {
		return 0, derivationFailed(ctx, e, err, p)
	}
	conn, err := e.Attach(ctx, id, true, "")
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	ended, err := e.WaitFor(ctx, id, container.WaitConditionNextExit)
	if err != nil {
		return 0, err
	}
	said := make(chan struct{})
	go func() {
		out := streams.Lossy{Writer: s.Err}
		_, _ = stdcopy.StdCopy(out, out, conn.Reader)
		close(said)
	}()
	if err := e.API.ContainerStart(ctx, id, container.StartOptions{}); err != nil {
		return 0, derivationFailed(ctx, e, err, p)
	}
	// Its stdin stays open: should this process be killed, ctenv-init ends the work.
	if _, err := conn.Conn.Write(doc); err != nil && ctx.Err() == nil {
		return 0, &engine.Error{Msg: "cannot tell the container what to install", Err: err}
	}
	select {
	case end := <-ended:
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		select {
		case <-said:
		case <-time.After(engine.LostGrace):
		}
		if end.Err != nil && engine.ConnectionLost(end.Err) {
			return 0, e.Lost(end.Err)
		}
		return end.Code, end.Err
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func derivationFailed(ctx context.Context, e *engine.Engine, err error, p plan.Plan) error {
	if cut := e.Cut(ctx, err); cut != nil {
		return cut
	}
	if problem := e.RootlessProblem(err, p); problem != nil {
		return problem
	}
	return &engine.Error{Msg: fmt.Sprintf("cannot start a container of %q", p.Derive.From), Err: err}
}

// checkDerived looks whether the image is what it should be: made of its base, with its
// label, and with nothing in its environment that may be a secret.
func checkDerived(ctx context.Context, e *engine.Engine, p plan.Plan, base engine.ImageState) error {
	bad := func(why string) error {
		return &engine.Error{Msg: fmt.Sprintf("the image with %s is not as it should be: %s", p.Derive.What(), why), Hint: "`--no-derive` installs it in each container"}
	}
	made, err := e.LookAtImage(ctx, p)
	if err != nil {
		return err
	}
	if !made.Usable || made.Answer.Config == nil {
		return bad("the engine does not have it")
	}
	if made.Answer.Config.Labels[plan.LabelDerived] != p.Derive.Tag(base.Answer.ID) {
		return bad("its label is missing")
	}
	for i, layer := range base.Answer.RootFS.Layers {
		if i >= len(made.Answer.RootFS.Layers) || made.Answer.RootFS.Layers[i] != layer {
			return bad("it is made of another image")
		}
	}
	for _, kv := range made.Answer.Config.Env {
		name, _, _ := strings.Cut(kv, "=")
		if plan.IsProxy(name) && (base.Answer.Config == nil || !slices.Contains(base.Answer.Config.Env, kv)) || strings.HasPrefix(name, wire.EnvName) {
			return bad("it keeps the variable " + name)
		}
	}
	return nil
}
