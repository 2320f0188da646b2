package cli

import (
	"ctenv/internal/config"
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

// stayName is the container that an argument names, or the default one. That it is
// not in the configuration is no mistake: it may have been when it was started.
func stayName(cfg *config.Config, args []string) (string, error) {
	if len(args) > 0 {
		return args[0], nil
	}
	name, err := cfg.DefaultName(config.Container{})
	if name == "" {
		name = config.DefaultContainer
	}
	return name, err
}

// notRunning says what is wrong where no container of that name stays: a name that
// no configuration has is a mistake.
func notRunning(o *pipeline.Opening, args []string) error {
	if len(args) == 0 || o.Mistake != nil {
		return nil
	}
	_, err := o.Config.Resolve(args[0], config.Container{})
	return err
}
