package cli

import (
	"context"
	"fmt"
	"strings"

	"ctenv/internal/config"
	"ctenv/internal/engine/persist"
	"ctenv/internal/initbin"
	"ctenv/internal/plan"
)

// openStaying is open for a command about a container that is there already:
// whoever has broken the file can still look at it and stop it. Only which one is
// the default is in the file.
func (a *app) openStaying(ctx context.Context, args []string, needsDefault bool) (c opening, err error) {
	name := strings.Join(args, "")
	if c, err = a.open(ctx, false); err == nil {
		err = a.enginesOf(ctx, &c, name)
	}
	if c.mistake == nil || c.cfg == nil || needsDefault && len(args) == 0 {
		return c, err
	}
	a.Warn("going on without the configuration: %v", err)
	c.eng, err = a.find(ctx, a.runtime)
	return c, err
}

// enginesOf goes on to the engine that the file wants for a container. For commands that
// only look at what is there, or end it.
func (a *app) enginesOf(ctx context.Context, c *opening, name string) error {
	// That there is no such container is said by those to whom it matters.
	container, err := c.cfg.Resolve(name, config.Container{})
	if err != nil {
		return nil
	}
	runtime, err := plan.Runtime(container, c.h)
	if err != nil {
		return nil
	}
	return a.use(ctx, c, runtime)
}

// complete says that a container of s can be made: nothing is left to be allowed, and no
// directory to be made.
func (s subject) complete() bool {
	return s.asked.Allowed() && len(s.draft.Missing(s.seen)) == 0
}

// stayPlan decides about a container that stays, as the files have it and as far as it
// is allowed.
func (a *app) stayPlan(ctx context.Context, c opening, name string) (subject, error) {
	s, err := a.subject(c.h, c.cfg, name, config.Container{}, plan.ExpandStay)
	if err == nil {
		err = a.decide(ctx, c, &s)
	}
	return s, err
}

// decide makes the plan where nothing was asked: a mistake in the configuration is said
// whether or not an engine is there.
func (a *app) decide(ctx context.Context, c opening, s *subject) error {
	if err := s.build(plan.Facts{}); err != nil {
		return err
	}
	return a.finish(ctx, c, s)
}

// prepare is what has to be done before the container is made.
func (a *app) prepare(c opening, s subject) persist.Prepare {
	return func(ctx context.Context) error {
		if !s.complete() {
			return fmt.Errorf("container %s has ended meanwhile; call it again", s.plan.Container)
		}
		a.report(s.plan)
		if err := a.prepareImage(ctx, c, s); err != nil {
			return err
		}
		return initbin.Install(&s.plan, a.Detail)
	}
}

// warnOfChange says that a container, which was made by a configuration with a
// fingerprint, is not what is described now.
func (a *app) warnOfChange(container string, s subject, fingerprint string) {
	if s.asked.Allowed() && fingerprint != s.plan.Labels[plan.LabelConfig] {
		a.Warn("the configuration of %s has changed since its container was started; `ctenv restart %s` uses it", container, container)
	}
}

// stayName is the container that an argument names, or the default one. That it is
// not in the configuration is no mistake: it may have been when it was started.
func stayName(cfg *config.Config, args []string) (string, error) {
	if len(args) > 0 {
		return args[0], nil
	}
	name, err := cfg.DefaultName(config.Container{})
	if name == "" {
		name = plan.DefaultContainer
	}
	return name, err
}

// notRunning says what is wrong where no container of that name stays: a name that
// no configuration has is a mistake.
func (c opening) notRunning(args []string) error {
	if len(args) == 0 || c.mistake != nil {
		return nil
	}
	_, err := c.cfg.Resolve(args[0], config.Container{})
	return err
}
