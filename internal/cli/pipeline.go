package cli

import (
	"context"
	"errors"
	"fmt"

	"ctenv/internal/build"
	"ctenv/internal/config"
	"ctenv/internal/configfile"
	"ctenv/internal/engine"
	"ctenv/internal/hint"
	"ctenv/internal/host"
	"ctenv/internal/initbin"
	"ctenv/internal/missing"
	"ctenv/internal/plan"
	"ctenv/internal/trust"
)

// opening is what a command about containers begins with: an engine, and all that can be
// known without one.
type opening struct {
	eng *engine.Search // nil for a dry run, and where the container itself is asked
	h   plan.Host
	cfg *config.Config
	// note is what the container says, where it is asked.
	note *plan.Note
	// mistake is why the files cannot be read: then cfg knows the project's directory,
	// if that.
	mistake error
}

// open connects to the engine that the caller has chosen, or to none in a dry run, and
// looks at the files.
func (a *app) open(ctx context.Context, dryRun bool) (c opening, err error) {
	if !dryRun {
		// First, so that the engine answers while the files are read.
		if c.eng, err = a.find(ctx, a.runtime); err != nil {
			return c, err
		}
	}
	if c.h, c.cfg, err = a.look(); err != nil {
		c.mistake = err
		c.close()
	}
	c.h.HideEnv = dryRun
	return c, err
}

func (c *opening) close() {
	if c.eng != nil {
		c.eng.Close()
	}
}

// use goes on to the engine that a file asks for: it knows better than the guess that
// c has.
func (a *app) use(ctx context.Context, c *opening, runtime string) error {
	if runtime == "" || runtime == "auto" || runtime == a.runtime {
		return nil
	}
	c.eng.Close()
	other, err := a.find(ctx, runtime)
	if err == nil {
		c.eng = other
	}
	return err
}

// look finds the caller and the configuration. Where the files have a mistake, it
// returns what is known without them: of the configuration the project's directory.
func (a *app) look() (plan.Host, *config.Config, error) {
	h, err := host.Probe(a.Environ, a.Stdin, a.Stdout, a.Stderr)
	if err != nil {
		return h, nil, err
	}
	h.Version, h.Verbosity = a.env.Version, a.Verbosity()
	cfg, err := a.load(&h)
	return h, cfg, err
}

// load reads the files, and adds to h what they say.
func (a *app) load(h *plan.Host) (*config.Config, error) {
	cfg, err := configfile.Load(a.loadOptions(*h))
	if cfg != nil {
		host.SetProject(h, cfg.ProjectDir)
		h.ByPwd = cfg.ByPwd
		h.Mine = host.Mine(h.Env, cfg.Safe)
		a.trust = cfg.Trust
	}
	h.Guarded = a.guarded(*h)
	return cfg, err
}

// loadOptions say where the configuration is, and whose it may be.
func (a *app) loadOptions(h plan.Host) configfile.Options {
	return configfile.Options{
		Cwd: h.Cwd, Pwd: h.Pwd, Spell: host.Spelling(string(h.User.Home)), Home: string(h.User.Home),
		ProjectDir: a.projectDir, Files: a.configs, System: a.env.SystemFile,
		Foreign: a.devcontainer, Translate: func(data []byte) ([]byte, error) { return a.translateDevcontainer(h, data) },
		Refuse: func(file string, safe []string) error {
			trail, err := host.Trail(file)
			if err != nil {
				return nil // who reads it says so
			}
			if s := trail.Judge(host.Mine(h.Env, safe)); s != nil {
				return &config.Error{Msg: s.Error(file), Hint: s.Hint(file), Found: true}
			}
			return nil
		},
	}
}

// subject is a container on its way from the files to the plan. Each step is made here and
// nowhere else, for whatever command.
type subject struct {
	h     plan.Host
	c     config.Container
	draft *plan.Draft
	seen  plan.Seen
	// asked is what of it the caller has not allowed yet: until then its files of
	// variables are not read.
	asked trust.Request
	plan  plan.Plan
}

// expand makes the draft of a run, of a container that stays, or of a command in one.
type expand func(config.Container, plan.Host) (*plan.Draft, error)

func forRun(command []string) expand {
	return func(c config.Container, h plan.Host) (*plan.Draft, error) { return plan.Expand(c, h, command) }
}

// choose is subject for the container that the command line of cmd names.
func (a *app) choose(c opening, cmd string, opts runOptions, expand expand) (subject, error) {
	s, err := a.subject(c.h, c.cfg, opts.container, opts.flags, expand)
	if err != nil {
		return s, meant(err, cmd, opts.command)
	}
	a.warnOf(c.cfg)
	return s, nil
}

// subject does all that needs no engine and opens no file of the configuration's, and
// finds out what the caller has to allow.
func (a *app) subject(h plan.Host, cfg *config.Config, name string, flags config.Container, expand expand) (subject, error) {
	s, err := a.draw(h, cfg, name, flags, expand)
	if err == nil {
		s.asked, err = a.asker().Judge(s.h, s.draft, s.seen)
	}
	return s, err
}

// draw is subject where nothing has to be allowed.
func (a *app) draw(h plan.Host, cfg *config.Config, name string, flags config.Container, expand expand) (s subject, err error) {
	s.h = h
	if s.c, err = cfg.Resolve(name, flags); err != nil {
		return s, err
	}
	if err := a.lookFor(&s.h, s.c); err != nil {
		return s, err
	}
	if s.draft, err = expand(s.c, s.h); err != nil {
		return s, err
	}
	s.seen = host.LookAtPaths(s.draft.Wants())
	return s, nil
}

// lookFor adds to h what a container needs to be known of the machine.
func (a *app) lookFor(h *plan.Host, c config.Container) error {
	var err error
	if h.InitPlaces, err = initbin.Places(*h); err != nil {
		return hint.Failed(err, "")
	}
	h.Repository = gitRepository(*h)
	if len(c.Groups) > 0 {
		if h.Groups, err = host.Groups(); err != nil {
			return hint.Failed(fmt.Errorf("reading your groups: %w", err), "")
		}
	}
	return nil
}

// gitRepository is where the repository of the project lies, which is mounted where nobody else
// could have named it.
func gitRepository(h plan.Host) *plan.Repository {
	r := host.Repository(h.ProjectDir, string(h.User.Home), h.User.UID)
	if r == nil || r.Inside || r.Unproven != "" {
		return r
	}
	for _, file := range []string{r.File, r.Dir} {
		trail, err := host.Trail(file)
		if err == nil {
			if s := trail.Judge(h.Mine); s != nil {
				err = errors.New(s.Error(file))
			}
		}
		if err != nil {
			r.Unproven = fmt.Sprintf("which is not to be believed (%v)", err)
		}
	}
	return r
}

// consent lets the caller's files and the project's be carried out: it asks for what is
// not allowed, and then the files' engine is chosen and their variables are read. A mistake
// in the configuration is said before anything is asked, and whether or not an engine is
// there.
func (a *app) consent(ctx context.Context, c *opening, s *subject) error {
	if !s.asked.Allowed() {
		if err := s.build(plan.Facts{}); err != nil {
			return err
		}
	}
	if err := a.settle(ctx, c, s); err != nil {
		return err
	}
	if err := missing.Make(s.draft, &s.seen); err != nil {
		return err
	}
	return s.build(plan.Facts{})
}

// build makes the plan of what is known by now.
func (s *subject) build(facts plan.Facts) (err error) {
	if s.asked.Allowed() {
		host.Read(s.draft.Wants(), &s.seen)
	}
	s.plan, err = plan.Build(s.draft, s.seen, facts)
	return err
}

// check makes the plan as far as it can be made without an engine, and says what is to be
// built for it.
func (s *subject) check(facts plan.Facts) (*plan.ImageBuild, error) {
	if err := s.build(facts); err != nil {
		return nil, err
	}
	return s.draft.ImageBuild(s.seen)
}

// finish makes the plan with what the engine says.
func (a *app) finish(ctx context.Context, c opening, s *subject) error {
	facts, err := a.facts(ctx, c, s.draft)
	if err != nil {
		return err
	}
	return s.build(facts)
}

// facts asks for what the plan depends on.
func (a *app) facts(ctx context.Context, c opening, draft *plan.Draft) (plan.Facts, error) {
	if c.note != nil {
		return c.note.Facts(), nil
	}
	e, err := c.eng.Engine(ctx)
	if err != nil {
		return plan.Facts{}, err
	}
	facts, err := e.Facts(ctx)
	if err != nil || !draft.NeedsImageConfig() {
		return facts, err
	}
	facts.ImageEntrypoint, facts.ImageCmd, err = e.ImageConfig(ctx, draft.Image(), draft.Platform(), draft.Pull(), a.streams())
	return facts, err
}

// prepareImage builds the image that s runs, where it has to be built.
func (a *app) prepareImage(ctx context.Context, c opening, s subject) error {
	b, err := s.draft.ImageBuild(s.seen)
	if err != nil || b == nil {
		return err
	}
	e, err := c.eng.Engine(ctx)
	if err != nil {
		return err
	}
	return build.Job{Image: *b, Project: s.draft.ProjectDir(), Engine: e, Pull: b.Refresh, Console: &a.Console}.Ensure(ctx)
}
