package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"ctenv/internal/config"
	"ctenv/internal/engine"
	"ctenv/internal/engine/persist"
	"ctenv/internal/pipeline"
	"ctenv/internal/plan"
)

// warnOfChange says that a container, which was made by a configuration with a
// fingerprint, is not what is described now.
func (a *app) warnOfChange(container string, s *pipeline.Subject, fingerprint string) {
	if s.Asked.Allowed() && fingerprint != s.Plan.Labels[plan.LabelConfig] {
		a.Warn("the configuration of %s has changed since its container was started; `ctenv restart %s` uses it", container, container)
	}
}

// staying is what a command about containers that are there begins with.
type staying struct {
	*pipeline.Opening
	engine *engine.Engine
	key    plan.StayKey
	found  []persist.Container
	named  bool // by its own name or its id
}

// staying finds the containers that stay and that args name: the default one, or all,
// where they name none. Where there is none such, it finds any container of ctenv's by its
// own name or its id.
func (a *app) staying(ctx context.Context, args []string, all bool) (s staying, err error) {
	name := strings.Join(args, "")
	a.LostQuietly = true // who makes the container says it
	if s.Opening, err = a.OpenStaying(ctx, name, !all); err != nil {
		return s, err
	}
	if name == "" && !all {
		if name, err = s.Config.DefaultName(config.Container{}); err != nil {
			return s, err
		}
		name = cmp.Or(name, config.DefaultContainer)
	}
	s.key = plan.StayKeyOf(s.Host, name)
	if s.engine, err = s.Engine.Engine(ctx); err != nil {
		return s, err
	}
	if s.found, err = persist.Find(ctx, s.engine, s.key); err != nil || len(s.found) > 0 || len(args) == 0 {
		return s, err
	}
	var c persist.Container
	if c, s.named, err = persist.Named(ctx, s.engine, args[0], s.Host.User.UID); s.named {
		s.found = append(s.found, c)
	}
	return s, err
}

// close is for one that staying has given, also beside an error.
func (s staying) close() {
	if s.Opening != nil {
		s.Close()
	}
}

// unknown says what is wrong where no container of that name stays: a name that no
// configuration has is a mistake. That one is not in the configuration any more is none: it
// may have been when it was started.
func (s staying) unknown(args []string) error {
	if len(args) == 0 || s.Mistake != nil {
		return nil
	}
	_, err := s.Config.Resolve(args[0], config.Container{})
	return err
}

// others says of containers that do not stay how they are reached.
func (s staying) others(ctx context.Context) string {
	runs, err := persist.Runs(ctx, s.engine, s.key)
	if err != nil || len(runs) == 0 {
		return ""
	}
	return fmt.Sprintf("; one of run does: %s", runs[0].Name)
}
