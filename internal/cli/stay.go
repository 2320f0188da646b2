package cli

import (
	"context"

	"ctenv/internal/config"
	"ctenv/internal/engine"
	"ctenv/internal/host"
	"ctenv/internal/plan"
)

// stay is what start, exec and status know of a container that stays.
type stay struct {
	plan  plan.Plan
	draft *plan.Draft
	seen  plan.Seen
}

// stayPlan decides about a container that stays. Without an engine that is what
// can be said without one.
func (a *app) stayPlan(ctx context.Context, eng *engine.Engine, h plan.Host, cfg *config.Config, name string, flags config.Container) (stay, error) {
	c, err := cfg.Resolve(name, flags)
	if err != nil {
		return stay{}, err
	}
	if err := a.lookFor(&h, c); err != nil {
		return stay{}, err
	}
	draft, err := plan.ExpandStay(c, h)
	if err != nil {
		return stay{}, err
	}
	if rt := draft.Runtime(); rt.V == "podman" && eng != nil {
		return stay{}, &config.Error{Pos: rt.Pos, Msg: "runtime: this version of ctenv runs containers with docker only; podman is for --dry-run", Hint: "leave runtime away"}
	}
	st := stay{draft: draft, seen: host.Look(draft.Wants())}
	var facts plan.Facts
	if st.plan, err = plan.Build(draft, st.seen, facts); err != nil || eng == nil {
		return st, err
	}
	if facts, err = eng.Facts(ctx); err != nil {
		return st, err
	}
	st.plan, err = plan.Build(draft, st.seen, facts)
	return st, err
}

// prepare is what has to be done before the container is made.
func (a *app) prepare(h plan.Host, st stay) engine.Prepare {
	return func(context.Context) error {
		a.report(st.plan)
		return a.installInit(h)
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
func notRunning(cfg *config.Config, args []string) error {
	if len(args) == 0 {
		return nil
	}
	_, err := cfg.Resolve(args[0], config.Container{})
	return err
}
