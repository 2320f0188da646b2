package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/moby/term"
	"github.com/spf13/cobra"

	"ctenv/internal/build"
	"ctenv/internal/config"
	"ctenv/internal/engine"
	"ctenv/internal/host"
	"ctenv/internal/plan"
)

// buildNotice is how long a build whose output is not shown may take before ctenv
// says that there is one.
const buildNotice = time.Second

// buildFlags are those of a build, for run and build alike.
type buildFlags struct {
	dockerfile, content, context, tag string
	args                              []string
}

func (f *buildFlags) declare(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVar(&f.dockerfile, "build-dockerfile", "", "build the image from this `FILE`")
	fs.StringVar(&f.content, "build-dockerfile-content", "", `build it from this Dockerfile `+"`TEXT`"+`; \n is a newline`)
	fs.StringVar(&f.context, "build-context", "", "the `DIR` that the Dockerfile copies from (default .)")
	fs.StringVar(&f.tag, "build-tag", "", "`NAME` of the image that is built")
	fs.StringArrayVar(&f.args, "build-arg", nil, "build argument `NAME=value`")
}

// layer is what the flags say.
func (f *buildFlags) layer(cmd *cobra.Command, pos config.Pos) (config.Build, error) {
	str := func(flag, v string) config.String {
		return config.String{V: v, Pos: pos, Set: cmd.Flags().Changed(flag)}
	}
	b := config.Build{
		Pos:               pos,
		Dockerfile:        str("build-dockerfile", f.dockerfile),
		DockerfileContent: str("build-dockerfile-content", strings.ReplaceAll(f.content, `\n`, "\n")),
		Context:           str("build-context", f.context),
		Tag:               str("build-tag", f.tag),
	}
	if b.Dockerfile.Set && b.DockerfileContent.Set {
		return b, usagef("--build-dockerfile and --build-dockerfile-content exclude each other")
	}
	for _, arg := range f.args {
		name, value, ok := strings.Cut(arg, "=")
		if name == "" || !ok {
			return b, usagef("Invalid build argument %q: it is not of the form NAME=value", arg)
		}
		b.Args = append(b.Args, config.Entry{Key: name, Value: config.String{V: value, Pos: pos, Set: true}})
	}
	b.Set = b.Dockerfile.Set || b.DockerfileContent.Set || b.Context.Set || b.Tag.Set || len(b.Args) > 0
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
		Use:   "build [flags] CONTAINER",
		Short: "Build a container's image",
		Example: `  ctenv build dev
  ctenv build --pull --no-cache dev`,
		Args:              atMostOne,
		ValidArgsFunction: a.completeContainer,
	}
	flags.declare(cmd)
	cmd.Flags().StringVar(&platform, "platform", "", "build for this `OS/ARCH`")
	cmd.Flags().BoolVar(&opts.pull, "pull", false, "look for newer base images")
	cmd.Flags().BoolVar(&opts.noCache, "no-cache", false, "use nothing of earlier builds")
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		opts.container = strings.Join(args, "")
		pos := commandLine()
		opts.flags = config.Container{
			Pos:      pos,
			Platform: config.String{V: platform, Pos: pos, Set: cmd.Flags().Changed("platform")},
			Runtime:  config.String{V: a.runtime, Pos: pos, Set: a.runtime != ""},
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
	eng, err := a.connect(ctx, a.runtime)
	if err != nil {
		return err
	}
	defer func() { eng.Close() }()
	draft, _, err := a.draft(runOptions{container: opts.container, flags: opts.flags})
	if err != nil {
		return err
	}
	if eng, err = a.chosenEngine(ctx, eng, draft); err != nil {
		return err
	}
	b, err := draft.ImageBuild(host.Look(draft.Wants()))
	if err != nil {
		return err
	}
	if b == nil {
		return &config.Error{Msg: fmt.Sprintf("there is nothing to build: container %q runs the image %q", draft.Container(), draft.Image()),
			Hint: "write build = { dockerfile = \"Dockerfile\" } instead of image"}
	}
	job := imageJob{b: *b, eng: eng, pull: opts.pull || b.Refresh, noCache: opts.noCache}
	key, _, err := job.key(ctx)
	if err != nil {
		return err
	}
	if err := a.buildImage(ctx, job, key); err != nil {
		return err
	}
	a.say("built %s", b.Tag)
	return nil
}

// prepareImage builds the image that draft runs, where it has to be built. seen
// answers draft.Wants.
func (a *app) prepareImage(ctx context.Context, eng *engine.Engine, draft *plan.Draft, seen plan.Seen) error {
	b, err := draft.ImageBuild(seen)
	if err != nil || b == nil {
		return err
	}
	job := imageJob{b: *b, eng: eng, pull: b.Refresh}
	key, made, err := job.key(ctx)
	if err != nil {
		return err
	}
	if key != "" && key == made && !job.pull {
		a.detail("the image %s is what the configuration describes: not built again", b.Tag)
		return nil
	}
	return a.buildImage(ctx, job, key)
}

// imageJob is one image to be built on one engine.
type imageJob struct {
	b             plan.ImageBuild
	eng           *engine.Engine
	pull, noCache bool
	environ       []string // of the builder
}

// key returns the key of what an inline build would make its image of now, "" where
// that cannot be told, and the key of the image that is there.
func (j imageJob) key(ctx context.Context) (now, made string, err error) {
	if !j.b.Inline() {
		return "", "", nil
	}
	bases, ok := build.Bases(j.b.Content, j.b.Args)
	if !ok {
		return "", "", nil
	}
	images, err := j.eng.Images(ctx, slices.Concat([]string{j.b.Tag}, bases))
	if err != nil {
		return "", "", err
	}
	var ids []string
	for _, image := range images[1:] {
		ids = append(ids, image.ID)
	}
	return build.Key(j.b, bases, ids), images[0].Labels[plan.LabelBuild], nil
}

// buildImage builds the image with the label key. It builds an inline one once more
// where its bases have become others meanwhile, as those have that the build itself
// has pulled: the label has to tell what the image is made of. All but the label
// comes from the cache then.
func (a *app) buildImage(ctx context.Context, j imageJob, key string) error {
	facts, err := j.eng.Facts(ctx)
	if err != nil {
		return err
	}
	address, err := j.eng.CommandAddress(ctx)
	if err != nil {
		return err
	}
	builder, err := build.Find(ctx, a.Environ, facts.Podman)
	if missing := (*build.MissingError)(nil); errors.As(err, &missing) {
		return &hostError{err, fmt.Sprintf("install it, or run an image that is there: --image %s", j.b.Tag)}
	}
	if err != nil {
		return err
	}
	if builder.NoBuildKit {
		a.warn("BuildKit is missing, so %s builds without it: install docker's buildx plugin (docker-buildx)", builder)
	}
	builder, j.environ = builder.At(address, a.Environ)
	if err := a.runBuilder(ctx, builder, j, key); err != nil {
		return err
	}
	now, _, err := j.key(ctx)
	if err != nil || now == key {
		return err
	}
	j.pull, j.noCache = false, false
	return a.runBuilder(ctx, builder, j, now)
}

// runBuilder runs the builder once. Its output is shown live where somebody watches
// or has asked for it, else when it fails.
func (a *app) runBuilder(ctx context.Context, builder build.Builder, j imageJob, key string) error {
	words := builder.Words(j.b, build.Options{Pull: j.pull, NoCache: j.noCache, Plain: a.verbosity() > 0, Key: key, Environ: j.environ})
	// Not the words: a build argument may be a secret.
	a.detail("building %s with %s", j.b.Tag, builder)
	var kept bytes.Buffer
	var out io.Writer = a.Stderr
	if a.verbosity() < 0 || a.verbosity() == 0 && !term.IsTerminal(a.Stderr.Fd()) {
		out = &kept
		notice := time.AfterFunc(buildNotice, func() { a.say("building %s", j.b.Tag) })
		defer notice.Stop()
	}
	err := build.Run(ctx, words, j.environ, j.b.Content, out)
	if caught := (*build.SignalError)(nil); errors.As(err, &caught) {
		return exitStatus(128 + int(caught.Signal))
	}
	if err == nil || ctx.Err() != nil {
		return err
	}
	_, _ = a.Stderr.Write(kept.Bytes())
	return &hostError{fmt.Errorf("building %q with %s: %w", j.b.Tag, builder, err), ""}
}

// buildLine is the line that builds b, for a shell.
func buildLine(b plan.ImageBuild, program string) string {
	line := plan.ShellLine(build.Printed(program).Words(b, build.Options{Pull: b.Refresh}))
	if b.Dockerfile == "" {
		line = plan.ShellLine([]string{"printf", "%s", b.Content}) + " | " + line
	}
	return line
}
