package cli

import (
	"context"
	"os/exec"

	"github.com/spf13/cobra"

	"ctenv/internal/build"
	"ctenv/internal/config"
	"ctenv/internal/decide"
	"ctenv/internal/dockerline"
	"ctenv/internal/engine/process"
	"ctenv/internal/hint"
	"ctenv/internal/initbin"
	"ctenv/internal/look"
	"ctenv/internal/pipeline"
	"ctenv/internal/usage"
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
		Long: `run makes a container as CONTAINER of .ctenv.toml describes it, runs COMMAND in it as
you, and removes it. Without CONTAINER it is the default one, or without a file one of
ubuntu:latest; without COMMAND what the file names as command, else a shell. Flags override the
file.`,
		Example: `  ctenv run build
  ctenv run build -- make -j4
  ctenv run --image debian -v cache:/var/cache/x:chown -- sh -c 'id; pwd'
  tar c . | ctenv run -- tar t`,
		ValidArgsFunction: a.completeContainer,
	}
	flags.declare(cmd)
	a.declareSource(cmd)
	cmd.RunE = flags.runE(a.run)
	return cmd
}

// run is the pipeline: look, decide, act.
func (a *app) run(ctx context.Context, opts runOptions) error {
	s, err := a.begin(ctx, "run", opts, pipeline.ForRun(opts.command))
	if s == nil {
		return err
	}
	defer s.Close()
	if err := s.BuildImage(ctx); err != nil {
		return err
	}
	if err := s.Finish(ctx); err != nil {
		return err
	}
	s.Report()
	if err := initbin.Install(&s.Plan, a.Detail); err != nil {
		return err
	}
	e, err := s.Engine.Engine(ctx)
	if err != nil {
		return err
	}
	return hint.Ended(process.Run(ctx, e, s.Plan, a.Streams()))
}

// begin is what run and start begin with, up to the caller's consent. There is no subject
// beside an error, or where --dry-run has printed a line.
func (a *app) begin(ctx context.Context, cmd string, opts runOptions, expand pipeline.Expand) (*pipeline.Subject, error) {
	o, err := a.Open(ctx, opts.dryRun)
	if err != nil {
		return nil, err
	}
	o.Host.NoDerive = opts.noDerive || opts.dryRun
	s, err := a.choose(o, cmd, opts, expand)
	if err == nil && opts.dryRun {
		return nil, a.dryRun(s, opts, expand)
	}
	if err == nil {
		err = s.Consent(ctx)
	}
	if err != nil {
		o.Close()
		return nil, err
	}
	return s, nil
}

// choose is the subject for the container that the command line of cmd names.
func (a *app) choose(o *pipeline.Opening, cmd string, opts runOptions, expand pipeline.Expand) (*pipeline.Subject, error) {
	s, err := o.Subject(opts.container, opts.flags, expand)
	o.WarnOfFiles()
	if err != nil {
		return s, usage.Meant(err, cmd, opts.flags.Image.V, opts.command)
	}
	return s, nil
}

// dryRun prints the line that would do the same. What a run has in an image of its own
// the line does in the container.
func (a *app) dryRun(s *pipeline.Subject, opts runOptions, expand pipeline.Expand) error {
	s.WouldAsk()
	program := a.dryRunProgram(s.Draft.Settings.Runtime.V)
	podman := program == "podman"
	b, err := s.Unseen(opts.flags, expand, look.Facts{Known: true, Podman: podman, Rootless: podman})
	if err != nil {
		return err
	}
	if d := decide.Derivation(s.Draft); d != nil && !opts.noDerive {
		a.Say("%s", d.Announcement())
	}
	s.Report()
	if s.Draft.NeedsImageConfig() {
		a.Warn("image_entrypoint: the image's ENTRYPOINT is known to the engine only, so it is missing from this line")
	}
	if names := dockerline.HostNames(s.Plan); len(names) > 0 {
		a.Detail("passed from the host by name: %v", names)
	}
	line, err := dockerline.Of(s.Plan, program)
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
