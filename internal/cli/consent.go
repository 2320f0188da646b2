package cli

import (
	"context"
	"path/filepath"
	"slices"

	"ctenv/internal/engine"
	"ctenv/internal/host"
	"ctenv/internal/initbin"
	"ctenv/internal/plan"
	"ctenv/internal/trust"
)

// asker asks about the project's file, with whatever stands in its place.
func (a *app) asker() trust.Asker {
	asker := trust.Asker{Console: &a.Console, ThisTime: a.trustNow, Config: a.trust}
	if a.devcontainer != "" {
		return asker
	}
	asker.Command = []string{"ctenv"}
	if a.projectDir != "" {
		asker.Command = append(asker.Command, "-p", a.projectDir)
	}
	for _, f := range a.configs {
		asker.Command = append(asker.Command, "--config", f)
	}
	asker.Command = append(asker.Command, "trust")
	return asker
}

// guarded is what no container may write: who is trusted, what was allowed, and the
// programs that run as root in the next one.
func (a *app) guarded(h plan.Host) []string {
	home := string(h.User.Home)
	var out []string
	for _, p := range []string{trust.StateDir(a.Getenv, home), filepath.Join(home, ".ctenv.toml"), "/etc/ctenv.toml", initbin.CacheDir(h), initbin.RuntimeDir(h)} {
		if p != "" {
			out = append(out, host.Real(p))
		}
	}
	return out
}

// settle asks for what is not allowed yet, and goes on to the engine that the file asks
// for. Where the file is allowed to choose it, the engine is asked first which volumes and
// images are the project's anyway: that changes nothing.
func (a *app) settle(ctx context.Context, c *opening, s *subject) (err error) {
	chosen := s.draft.Runtime().V
	if s.asked.Asks("runtime") {
		if err := a.asker().Ask(&s.asked); err != nil {
			return err
		}
		return a.use(ctx, c, chosen)
	}
	if err := a.use(ctx, c, chosen); err != nil {
		return err
	}
	if s.asked.Fresh, err = notOurs(ctx, c, s.asked.Fresh); err != nil {
		return err
	}
	return a.asker().Ask(&s.asked)
}

// notOurs leaves the volumes and images out that the engine does not have, so that this
// run makes them, and those that carry the project's label.
func notOurs(ctx context.Context, c *opening, fresh []plan.Grant) ([]plan.Grant, error) {
	if !slices.ContainsFunc(fresh, func(g plan.Grant) bool { return g.Unless != "" }) {
		return fresh, nil // nobody has to be asked
	}
	eng, err := c.eng.Engine(ctx)
	if err != nil {
		return nil, err
	}
	var out []plan.Grant
	for _, g := range fresh {
		var labels map[string]string
		exists := true
		var err error
		switch {
		case g.Unless == "":
		case g.Kind == "volume":
			labels, exists, err = eng.Volume(ctx, g.Unless)
		case g.Kind == "image":
			var images []engine.Image
			if images, err = eng.Images(ctx, []string{g.Unless}); err == nil {
				labels, exists = images[0].Labels, images[0].ID != ""
			}
		}
		if err != nil {
			return nil, err
		}
		if exists && !plan.OfProject(labels, c.h, g.Kind) {
			out = append(out, g)
		}
	}
	return out, nil
}
