package cli

import (
	"context"
	"os/exec"

	"github.com/spf13/cobra"

	"ctenv/internal/build"
	"ctenv/internal/config"
	"ctenv/internal/engine"
	"ctenv/internal/engine/process"
	"ctenv/internal/hint"
	"ctenv/internal/host"
	"ctenv/internal/initbin"
	"ctenv/internal/plan"
	"ctenv/internal/streams"
)

type runOptions struct {
	container string
	command   []string
	flags     config.Container
	dryRun    bool
	noDerive  bool
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
	declareTrust(a, cmd)
	declareDevcontainer(a, cmd)
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
	c, err := a.open(ctx, opts.dryRun)
	if err != nil {
		return err
	}
	defer c.close()
	c.h.NoDerive = opts.noDerive || opts.dryRun
	s, err := a.choose(c, "run", opts, forRun(opts.command))
	if err != nil {
		return err
	}
	if opts.dryRun {
		return a.dryRun(s, opts.noDerive)
	}
	if err := a.consent(ctx, &c, &s); err != nil {
		return err
	}
	if err := a.prepareImage(ctx, c, s); err != nil {
		return err
	}
	if err := a.finish(ctx, c, &s); err != nil {
		return err
	}
	a.report(s.plan)
	if err := initbin.Install(&s.plan, a.Detail); err != nil {
		return err
	}
	e, err := c.eng.Engine(ctx)
	if err != nil {
		return err
	}
	return hint.Ended(process.Run(ctx, e, s.plan, a.streams()))
}

// find starts to look for an engine of that kind, with the caller's environment.
func (a *app) find(ctx context.Context, runtime string) (*engine.Search, error) {
	return engine.Find(ctx, a.engineOptions(runtime))
}

// connect is find for a command that has nothing else to do meanwhile.
func (a *app) connect(ctx context.Context, runtime string) (*engine.Engine, error) {
	return engine.Connect(ctx, a.engineOptions(runtime))
}

func (a *app) engineOptions(runtime string) engine.Options {
	environ := host.Env(a.Environ)
	getenv := func(name string) string { return environ[name] }
	return engine.Options{
		Runtime:    runtime,
		Getenv:     getenv,
		Init:       initbin.Bytes,
		PlaceInit:  initbin.Place,
		SocketDirs: engine.SocketDirs(getenv, initbin.CacheIn(environ, environ["HOME"])),
	}
}

// report says what the plan has to say.
func (a *app) report(p plan.Plan) {
	for _, n := range p.Notes {
		a.Detail("%s", n)
	}
	for _, w := range p.Warnings {
		a.Warn("%s", w)
	}
}

// warnOf says which keys of the files have no effect.
func (a *app) warnOf(cfg *config.Config) {
	for _, w := range cfg.Warnings {
		a.Warn("%v; %s", w, w.Hint)
	}
}

func (a *app) streams() streams.Streams {
	s := streams.Streams{In: a.Stdin, Out: a.Stdout, Err: a.Stderr, Progress: a.Stderr, Say: a.Say, Verbose: a.Detail, Warn: a.Warn}
	if a.Quiet {
		s.Progress = nil
	}
	return s
}

// dryRun prints the line that would do the same. What a run has in an image of its own
// the line does in the container.
func (a *app) dryRun(s subject, noDerive bool) error {
	a.asker().WouldAsk(&s.asked)
	program := a.dryRunProgram(s.draft.Runtime().V)
	podman := program == "podman"
	b, err := s.check(plan.Facts{Known: true, Podman: podman, Rootless: podman})
	if err != nil {
		return err
	}
	if d := s.draft.Derivation(); d != nil && !noDerive {
		a.Say("%s", d.Announcement())
	}
	a.report(s.plan)
	if s.draft.NeedsImageConfig() {
		a.Warn("image_entrypoint: the image's ENTRYPOINT is known to the engine only, so it is missing from this line")
	}
	if names := s.plan.HostNames(); len(names) > 0 {
		a.Detail("passed from the host by name: %v", names)
	}
	line, err := plan.DockerCommand(s.plan, program)
	if err != nil {
		return err
	}
	if b != nil {
		line = build.Line(*b, program) + " &&\n" + line
	}
	return a.Print(line + "\n")
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
