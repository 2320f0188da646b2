package cli

import (
	"context"
	"strings"

	"ctenv/internal/config"
	"ctenv/internal/engine"
	"ctenv/internal/host"
	"ctenv/internal/plan"
)

// stayCall is a command about containers that stay: an engine, and all that can be
// known without one.
type stayCall struct {
	eng *engine.Engine // nil for a dry run
	h   plan.Host
	cfg *config.Config
	// mistake is why the files cannot be read: then cfg knows the project's folder,
	// if that.
	mistake error
}

// openStaying is openStay for a command about a container that is there already:
// whoever has broken the file can still look at it and stop it. Only which one is
// the default is in the file.
func (a *app) openStaying(ctx context.Context, args []string, needsDefault bool) (call stayCall, err error) {
	call, err = a.openStay(ctx, strings.Join(args, ""), config.Container{}, false)
	if call.mistake == nil || call.cfg == nil || needsDefault && len(args) == 0 {
		return call, err
	}
	a.warn("going on without the configuration: %v", err)
	call.eng, err = a.connect(ctx, a.runtime)
	return call, err
}

// openStay connects to the engine of the container called name, or looks at the
// files only.
func (a *app) openStay(ctx context.Context, name string, flags config.Container, dryRun bool) (call stayCall, err error) {
	if !dryRun {
		// First, so that the engine answers while the files are read.
		if call.eng, err = a.connect(ctx, a.runtime); err != nil {
			return call, err
		}
		defer func() {
			if err != nil {
				call.close()
			}
		}()
	}
	if call.h, call.cfg, err = a.look(); err != nil || dryRun {
		call.h.HideEnv, call.mistake = dryRun, err
		return call, err
	}
	// That there is no such container is said by those to whom it matters.
	c, err := call.cfg.Resolve(name, flags)
	if err != nil {
		return call, nil
	}
	rt, err := plan.Runtime(c, call.h)
	if err != nil || rt == "" || rt == a.runtime || rt == "auto" {
		return call, nil
	}
	// The file knows better than the guess.
	call.eng.Close()
	call.eng, err = a.connect(ctx, rt)
	return call, err
}

func (call stayCall) close() {
	if call.eng != nil {
		call.eng.Close()
	}
}

// stay is a container that stays as the configuration has it now.
type stay struct {
	plan  plan.Plan
	draft *plan.Draft
	seen  plan.Seen
}

// stayPlan decides about a container that stays.
func (a *app) stayPlan(ctx context.Context, call stayCall, name string, flags config.Container) (stay, error) {
	c, err := call.cfg.Resolve(name, flags)
	if err != nil {
		return stay{}, err
	}
	if err := a.lookFor(&call.h, c); err != nil {
		return stay{}, err
	}
	draft, err := plan.ExpandStay(c, call.h)
	if err != nil {
		return stay{}, err
	}
	st := stay{draft: draft, seen: host.Look(draft.Wants())}
	// A mistake in the configuration is said whether or not an engine is there.
	var facts plan.Facts
	if st.plan, err = plan.Build(draft, st.seen, facts); err != nil || call.eng == nil {
		return st, err
	}
	if facts, err = call.eng.Facts(ctx); err != nil {
		return st, err
	}
	st.plan, err = plan.Build(draft, st.seen, facts)
	return st, err
}

// prepare is what has to be done before the container is made.
func (a *app) prepare(call stayCall, st stay) engine.Prepare {
	return func(ctx context.Context) error {
		a.report(st.plan)
		if err := a.prepareImage(ctx, call.eng, st.draft, st.seen); err != nil {
			return err
		}
		return a.installInit(call.h)
	}
}

// warnOfChange says that a container is not what the configuration describes now.
func (a *app) warnOfChange(c engine.Staying, fingerprint string) {
	if c.Changed(fingerprint) {
		a.warn("the configuration of %s has changed since its container was started; `ctenv stop %s`, and the next start uses it", c.Container(), c.Container())
	}
}

// stayName is the container that an argument names, or the default one. That it is
// not in the configuration is no mistake: it may have been when it was started.
func stayName(cfg *config.Config, args []string) (string, error) {
	if len(args) > 0 {
		return args[0], nil
	}
	name, err := cfg.DefaultName()
	if name == "" {
		name = plan.DefaultContainer
	}
	return name, err
}

// notRunning says what is wrong where no container of that name stays: a name that
// no configuration has is a mistake.
func (call stayCall) notRunning(args []string) error {
	if len(args) == 0 || call.mistake != nil {
		return nil
	}
	_, err := call.cfg.Resolve(args[0], config.Container{})
	return err
}
