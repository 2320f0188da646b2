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

// buildFlags are those of a build, for run and build alike.
type buildFlags struct {
	dockerfile, content, context, tag, target string
	args                                      []string
}

func (f *buildFlags) declare(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVar(&f.dockerfile, "build-dockerfile", "", "build the image from this `FILE`")
	fs.StringVar(&f.content, "build-dockerfile-content", "", `build it from this Dockerfile `+"`TEXT`"+`; \n is a newline`)
	fs.StringVar(&f.context, "build-context", "", "the `DIR` that the Dockerfile copies from (default .)")
	fs.StringVar(&f.tag, "build-tag", "", "`NAME` of the image that is built")
	fs.StringVar(&f.target, "build-target", "", "the `STAGE` of the Dockerfile to build (default: the last)")
	fs.StringArrayVar(&f.args, "build-arg", nil, "build argument `NAME=value`")
}

// layer is what the flags say.
func (f *buildFlags) layer(cmd *cobra.Command, pos config.Pos) (config.Build, error) {
	str := func(flag, v string) config.String {
		return config.String{V: v, Pos: pos, Set: cmd.Flags().Changed(flag)}
	}
	target := str("build-target", f.target)
	target.Set = target.Set || cmd.Flags().Changed("target")
	b := config.Build{
		Pos:               pos,
		Dockerfile:        str("build-dockerfile", f.dockerfile),
		DockerfileContent: str("build-dockerfile-content", strings.ReplaceAll(f.content, `\n`, "\n")),
		Context:           str("build-context", f.context),
		Tag:               str("build-tag", f.tag),
		Target:            target,
	}
	if b.Dockerfile.Set && b.DockerfileContent.Set {
		return b, hint.Usagef("--build-dockerfile and --build-dockerfile-content exclude each other")
	}
	for _, arg := range f.args {
		name, value, ok := strings.Cut(arg, "=")
		if name == "" || !ok {
			return b, hint.Usagef("Invalid build argument %q: Expected KEY=VALUE", arg)
		}
		b.Args = append(b.Args, config.Entry{Key: name, Value: config.String{V: value, Pos: pos, Set: true}})
	}
	b.Set = b.Dockerfile.Set || b.DockerfileContent.Set || b.Context.Set || b.Tag.Set || b.Target.Set || len(b.Args) > 0
	return b, nil
}

type buildOptions struct {
	container string
	flags     config.Container
	pull      bool
	noCache   bool
}

func (a *app) newBuild() *cobra.Command {
	var flags buildFlags
	var opts buildOptions
	var platform string
	cmd := &cobra.Command{
		Use:   "build [flags] [CONTAINER]",
		Short: "Build a container's image",
		Example: `  ctenv build dev
  ctenv build --pull --no-cache dev`,
		Args:              usage.AtMostOne,
		ValidArgsFunction: a.completeContainer,
	}
	flags.declare(cmd)
	cmd.Flags().StringVar(&platform, "platform", "", "build for this `OS/ARCH`")
	cmd.Flags().BoolVar(&opts.pull, "pull", false, "look for newer base images")
	cmd.Flags().StringVar(&flags.target, "target", "", "the same as --build-target `STAGE`")
	a.declareSource(cmd)
	cmd.Flags().BoolVar(&opts.noCache, "no-cache", false, "use nothing of earlier builds")
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		opts.container = strings.Join(args, "")
		pos := pipeline.CommandLine()
		opts.flags = config.Container{
			Pos:      pos,
			Platform: config.String{V: platform, Pos: pos, Set: cmd.Flags().Changed("platform")},
		}
		if opts.flags.Build, err = flags.layer(cmd, pos); err != nil {
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
