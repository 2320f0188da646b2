package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"ctenv/internal/build"
	"ctenv/internal/config"
	"ctenv/internal/decide"
	"ctenv/internal/engine/derive"
	"ctenv/internal/hint"
	"ctenv/internal/initbin"
	"ctenv/internal/pipeline"
	"ctenv/internal/usage"
)

// declareBuild declares those of a build, for run and build alike.
func (f *runFlags) declareBuild(cmd *cobra.Command) {
	fs, b := cmd.Flags(), &f.container.Build
	fs.Var(text{&b.Dockerfile}, "build-dockerfile", "build the image from this `FILE`")
	fs.Var(text{&b.DockerfileContent}, "build-dockerfile-content", `build it from this Dockerfile `+"`TEXT`"+`; \n is a newline`)
	fs.Var(text{&b.Context}, "build-context", "the `DIR` that the Dockerfile copies from (default .)")
	fs.Var(text{&b.Tag}, "build-tag", "`NAME` of the image that is built")
	fs.Var(text{&b.Target}, "build-target", "the `STAGE` of the Dockerfile to build (default: the last)")
	fs.Var(list{&f.buildArgs}, "build-arg", "build argument `NAME=value`")
}

// finishBuild completes what the flags of a build say.
func (f *runFlags) finishBuild(b *config.Build) (err error) {
	if b.Dockerfile.Set && b.DockerfileContent.Set {
		return hint.Usagef("--build-dockerfile and --build-dockerfile-content exclude each other")
	}
	b.Pos = pipeline.CommandLine()
	b.DockerfileContent.V = strings.ReplaceAll(b.DockerfileContent.V, `\n`, "\n")
	b.Args, err = entries(f.buildArgs, false, "Invalid build argument %q: Expected KEY=VALUE")
	b.Set = b.Dockerfile.Set || b.DockerfileContent.Set || b.Context.Set || b.Tag.Set || b.Target.Set || len(b.Args) > 0
	return err
}

type buildOptions struct {
	container string
	flags     config.Container
	pull      bool
	noCache   bool
}

func (a *app) newBuild() *cobra.Command {
	var flags runFlags
	var opts buildOptions
	cmd := &cobra.Command{
		Use:   "build [flags] [CONTAINER]",
		Short: "Build a container's image",
		Example: `  ctenv build dev
  ctenv build --pull --no-cache dev`,
		Args:              usage.AtMostOne,
		ValidArgsFunction: a.completeContainer,
	}
	flags.declareBuild(cmd)
	cmd.Flags().Var(text{&flags.container.Platform}, "platform", "build for this `OS/ARCH`")
	cmd.Flags().BoolVar(&opts.pull, "pull", false, "look for newer base images")
	cmd.Flags().Var(text{&flags.container.Build.Target}, "target", "the same as --build-target `STAGE`")
	a.declareSource(cmd)
	cmd.Flags().BoolVar(&opts.noCache, "no-cache", false, "use nothing of earlier builds")
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		opts.container = strings.Join(args, "")
		if opts.flags, err = flags.layer(); err != nil {
			return err
		}
		return a.build(cmd.Context(), opts)
	}
	return cmd
}

// build builds a container's image, whether or not there is one already.
func (a *app) build(ctx context.Context, opts buildOptions) error {
	o, err := a.Open(ctx, false)
	if err != nil {
		return err
	}
	defer o.Close()
	s, err := a.choose(o, "build", runOptions{container: opts.container, flags: opts.flags}, pipeline.ForRun(nil))
	if err != nil {
		return err
	}
	b, err := decide.ImageBuild(s.Draft, s.Seen)
	if err != nil {
		return err
	}
	if b == nil && decide.Derivation(s.Draft) == nil {
		return &config.Error{Msg: fmt.Sprintf("there is nothing to build: container %q runs the image %q", s.Draft.Container(), s.Draft.Settings.Image.V),
			Hint: "write build = { dockerfile = \"Dockerfile\" } instead of image, or packages beside it"}
	}
	if err := s.Settle(ctx); err != nil {
		return err
	}
	e, err := s.Engine.Engine(ctx)
	if err != nil {
		return err
	}
	var name string
	if b != nil {
		job := build.Job{Image: *b, Project: s.Draft.Host.Project(), Engine: e, Pull: opts.pull || b.Refresh, NoCache: opts.noCache, Console: &a.Console}
		if err := job.Always(ctx); err != nil {
			return err
		}
		name = b.Tag
		a.Say("Successfully built image: %s", name)
	}
	if decide.Derivation(s.Draft) != nil {
		if name, err = a.deriveImage(ctx, s, opts); err != nil {
			return err
		}
	}
	return a.Print(name + "\n")
}

// deriveImage makes the image that is derived for a container, and gives its name.
func (a *app) deriveImage(ctx context.Context, s *pipeline.Subject, opts buildOptions) (string, error) {
	s.Draft = decide.ForDerivation(s.Draft, s.Seen)
	if err := s.Finish(ctx); err != nil {
		return "", err
	}
	p := s.Plan
	if opts.pull && p.Pull == "missing" {
		p.Pull = "always"
	}
	if err := initbin.Install(&p, a.Detail); err != nil {
		return "", err
	}
	eng, err := s.Engine.Engine(ctx)
	if err != nil {
		return "", err
	}
	name, code, err := derive.Ensure(ctx, eng, p, opts.noCache, a.Streams())
	return name, hint.Ended(code, err)
}
