package cli

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"ctenv/internal/config"
	"ctenv/internal/engine"
	"ctenv/internal/host"
	"ctenv/internal/initbin"
	"ctenv/internal/plan"
)

type runOptions struct {
	container string
	command   []string
	flags     config.Container
	dryRun    bool
}

func (a *app) newRun() *cobra.Command {
	var flags runFlags
	cmd := &cobra.Command{
		Use:   "run [flags] [CONTAINER] [-- COMMAND...]",
		Short: "Run a command in a container, which is removed afterwards",
		Example: `  ctenv run build
  ctenv run build -- make -j4
  ctenv run --image debian -v cache:/var/cache/x:chown -- sh -c 'id; pwd'
  tar c . | ctenv run -- tar t`,
		ValidArgsFunction: a.completeContainer,
	}
	flags.declare(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		opts, err := flags.options(cmd, args)
		if err != nil {
			return err
		}
		return a.run(cmd.Context(), opts)
	}
	return cmd
}

// run is the pipeline: look, decide, act.
func (a *app) run(ctx context.Context, opts runOptions) error {
	var eng *engine.Engine
	if !opts.dryRun {
		// First, so that the engine answers while the files are read.
		var err error
		if eng, err = a.connect(ctx, a.runtime); err != nil {
			return err
		}
		defer func() { eng.Close() }()
	}
	draft, h, err := a.draft(opts)
	if err != nil {
		return err
	}
	seen := host.Look(draft.Wants())
	if opts.dryRun {
		return a.dryRun(draft, seen)
	}
	if eng, err = a.chosenEngine(ctx, eng, draft); err != nil {
		return err
	}
	// The plan is made before the engine is asked for anything: a mistake in the
	// configuration is said whether or not an engine is there.
	var facts plan.Facts
	if _, err := plan.Build(draft, seen, facts); err != nil {
		return err
	}
	if err := a.prepareImage(ctx, eng, draft, seen); err != nil {
		return err
	}
	if facts, err = a.facts(ctx, eng, draft); err != nil {
		return err
	}
	p, err := plan.Build(draft, seen, facts)
	if err != nil {
		return err
	}
	a.report(p)
	if err := a.installInit(h); err != nil {
		return err
	}
	code, err := eng.Run(ctx, p, a.streams())
	if err != nil {
		return err
	}
	return status(code)
}

// chosenEngine is the engine that the configuration asks for: the file knows better
// than the guess that eng is. The caller closes what it returns, and no more.
func (a *app) chosenEngine(ctx context.Context, eng *engine.Engine, draft *plan.Draft) (*engine.Engine, error) {
	rt := draft.Runtime().V
	if rt == a.runtime || rt == "auto" {
		return eng, nil
	}
	eng.Close()
	other, err := a.connect(ctx, rt)
	if err != nil {
		return eng, err
	}
	return other, nil
}

// connect looks for an engine of that kind, with the caller's environment.
func (a *app) connect(ctx context.Context, runtime string) (*engine.Engine, error) {
	environ := host.Env(a.Environ)
	return engine.Connect(ctx, engine.Options{
		Runtime: runtime,
		Getenv:  func(name string) string { return environ[name] },
		Init:    initbin.Bytes,
	})
}

// report says what the plan has to say.
func (a *app) report(p plan.Plan) {
	for _, n := range p.Notes {
		a.detail("%s", n)
	}
	for _, w := range p.Warnings {
		a.warn("%s", w)
	}
}

func status(code int) error {
	if code == 0 {
		return nil
	}
	return exitStatus(code)
}

// warnOf says which keys of the files have no effect.
func (a *app) warnOf(cfg *config.Config) {
	for _, w := range cfg.Warnings {
		a.warn("%v; %s", w, w.Hint)
	}
}

// draft does all that needs no engine: the caller, the files, the templates.
func (a *app) draft(opts runOptions) (*plan.Draft, plan.Host, error) {
	h, cfg, err := a.look()
	if err != nil {
		return nil, h, err
	}
	c, err := cfg.Resolve(opts.container, opts.flags)
	if err != nil {
		return nil, h, err
	}
	a.warnOf(cfg)
	h.HideEnv = opts.dryRun
	if err := a.lookFor(&h, c); err != nil {
		return nil, h, err
	}
	draft, err := plan.Expand(c, h, opts.command)
	return draft, h, err
}

// lookFor adds to h what a container needs to be known of the machine.
func (a *app) lookFor(h *plan.Host, c config.Container) error {
	program, err := initbin.Find(cacheDir(*h), runtime.GOARCH)
	if err != nil {
		return &hostError{err: err}
	}
	h.InitPath = program.Path
	if h.Worktree, err = host.Worktree(h.ProjectDir, string(h.User.Home), h.User.UID); err != nil {
		if said := err.Error(); said != a.worktreeSaid {
			a.worktreeSaid = said
			a.warn("%s", said)
		}
	}
	if len(c.Groups) > 0 {
		if h.Groups, err = host.Groups(); err != nil {
			return &hostError{err: fmt.Errorf("reading your groups: %w", err)}
		}
	}
	return nil
}

// look finds the caller and the configuration. Where the files have a mistake, it
// returns what is known without them: of the configuration the project's folder.
func (a *app) look() (plan.Host, *config.Config, error) {
	h, err := host.Probe(a.Environ, a.Stdin, a.Stdout, a.Stderr)
	if err != nil {
		return h, nil, err
	}
	h.Version, h.Verbosity = a.Version, a.verbosity()
	cfg, err := config.Load(config.LoadOptions{
		Cwd: h.Cwd, Home: string(h.User.Home), ProjectDir: a.projectDir, Files: a.configs,
	})
	if cfg != nil {
		host.SetProject(&h, cfg.ProjectDir)
	}
	return h, cfg, err
}

// facts asks the engine for what the plan depends on.
func (a *app) facts(ctx context.Context, eng *engine.Engine, draft *plan.Draft) (plan.Facts, error) {
	facts, err := eng.Facts(ctx)
	if err != nil || !draft.NeedsImageConfig() {
		return facts, err
	}
	facts.ImageEntrypoint, facts.ImageCmd, err = eng.ImageConfig(ctx, draft.Image(), draft.Platform(), draft.Pull(), a.streams())
	return facts, err
}

func (a *app) installInit(h plan.Host) error {
	program, err := initbin.Find(cacheDir(h), runtime.GOARCH)
	if err == nil {
		err = program.Install()
	}
	if err != nil {
		return &hostError{fmt.Errorf("putting ctenv-init into the cache: %w", err), "XDG_CACHE_HOME chooses another folder"}
	}
	return nil
}

// cacheDir is ctenv's folder below the user's cache, by the XDG Base Directory
// Specification.
func cacheDir(h plan.Host) string {
	if dir := h.Env["XDG_CACHE_HOME"]; filepath.IsAbs(dir) {
		return filepath.Join(dir, "ctenv")
	}
	return filepath.Join(string(h.User.Home), ".cache", "ctenv")
}

func (a *app) streams() engine.Streams {
	s := engine.Streams{In: a.Stdin, Out: a.Stdout, Err: a.Stderr, Progress: a.Stderr, Say: a.say, Verbose: a.detail, Warn: a.warn}
	if a.quiet {
		s.Progress = nil
	}
	return s
}

// dryRun prints the line that would do the same.
func (a *app) dryRun(draft *plan.Draft, seen plan.Seen) error {
	b, err := draft.ImageBuild(seen)
	if err != nil {
		return err
	}
	program := a.dryRunProgram(draft.Runtime().V)
	podman := program == "podman"
	p, err := plan.Build(draft, seen, plan.Facts{Podman: podman, Rootless: podman})
	if err != nil {
		return err
	}
	a.report(p)
	if draft.NeedsImageConfig() {
		a.warn("image_entrypoint: the image's ENTRYPOINT is known to the engine only, so it is missing from this line")
	}
	if names := p.HostNames(); len(names) > 0 {
		a.detail("passed from the host by name: %v", names)
	}
	line, err := plan.DockerCommand(p, program)
	if err != nil {
		return err
	}
	if b != nil {
		line = buildLine(*b, program) + " &&\n" + line
	}
	_, err = fmt.Fprintln(a.Stdout, line)
	return outputFailed(err)
}

// dryRunProgram is podman when that is chosen, or alone on PATH.
func (a *app) dryRunProgram(chosen string) string {
	if chosen != "auto" && chosen != "" {
		return chosen
	}
	if _, err := exec.LookPath("docker"); err != nil {
		if _, err := exec.LookPath("podman"); err == nil {
			return "podman"
		}
	}
	return "docker"
}
