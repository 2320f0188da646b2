package cli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
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
	"ctenv/internal/engine/derive"
	"ctenv/internal/flock"
	"ctenv/internal/hint"
	"ctenv/internal/initbin"
	"ctenv/internal/plan"
)

// buildNotice is how long a build whose output is not shown may take before ctenv
// says that there is one.
const buildNotice = time.Second

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
	cmd.Flags().StringVar(&flags.target, "target", "", "the same as --build-target")
	declareTrust(a, cmd)
	declareDevcontainer(a, cmd)
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
	c, err := a.open(ctx, false)
	if err != nil {
		return err
	}
	defer c.close()
	s, err := a.choose(c, "build", runOptions{container: opts.container, flags: opts.flags}, forRun(nil))
	if err != nil {
		return err
	}
	b, err := s.draft.ImageBuild(s.seen)
	if err != nil {
		return err
	}
	if b == nil && s.draft.Derivation() == nil {
		return &config.Error{Msg: fmt.Sprintf("there is nothing to build: container %q runs the image %q", s.draft.Container(), s.draft.Image()),
			Hint: "write build = { dockerfile = \"Dockerfile\" } instead of image, or packages beside it"}
	}
	if err := a.settle(ctx, &c, &s); err != nil {
		return err
	}
	e, err := c.eng.Engine(ctx)
	if err != nil {
		return err
	}
	if b == nil {
		return a.deriveImage(ctx, c, s, opts)
	}
	job := imageJob{b: *b, project: s.draft.ProjectDir(), eng: e, pull: opts.pull || b.Refresh, noCache: opts.noCache}
	key, _, err := job.key(ctx)
	if err != nil {
		return err
	}
	if err := a.buildImage(ctx, job, key); err != nil {
		return err
	}
	a.Say("Successfully built image: %s", b.Tag)
	return a.deriveImage(ctx, c, s, opts)
}

// deriveImage makes the image that is derived for a container, where one is, and prints
// its name.
func (a *app) deriveImage(ctx context.Context, c opening, s subject, opts buildOptions) error {
	if s.draft.Derivation() == nil {
		return nil
	}
	if err := a.finish(ctx, c, &s); err != nil {
		return err
	}
	p := s.plan
	if opts.pull && p.Pull == "missing" {
		p.Pull = "always"
	}
	if err := initbin.Install(&p, a.Detail); err != nil {
		return err
	}
	eng, err := c.eng.Engine(ctx)
	if err != nil {
		return err
	}
	name, code, err := derive.Ensure(ctx, eng, p, opts.noCache, a.streams())
	if err != nil || code != 0 {
		return hint.Ended(code, err)
	}
	return a.Print(name + "\n")
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
	job := imageJob{b: *b, project: s.draft.ProjectDir(), eng: e, pull: b.Refresh}
	unlock, err := a.lockBuild(ctx, job)
	if err != nil {
		return err
	}
	defer unlock()
	key, made, err := job.key(ctx)
	if err != nil {
		return err
	}
	if key != "" && key == made && !job.pull {
		a.Detail("the image %s is what the configuration describes: not built again", b.Tag)
		return nil
	}
	return a.buildImage(ctx, job, key)
}

// lockBuild keeps this user's other runs from building an inline image at once: the second
// finds what the first has made.
func (a *app) lockBuild(ctx context.Context, j imageJob) (unlock func(), err error) {
	if !j.b.Inline() {
		return func() {}, nil
	}
	name := sha256.Sum256([]byte(j.b.Tag))
	return flock.LockFor(ctx, a.Getenv("XDG_RUNTIME_DIR"), "build-"+hex.EncodeToString(name[:8]), buildGrace, a.Detail)
}

// buildGrace is how long a build of another run is waited for.
const buildGrace = time.Hour

// imageJob is one image to be built on one engine.
type imageJob struct {
	b             plan.ImageBuild
	project       string
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
	return build.Key(j.b, bases, ids), keyOf(images[0].Labels, j.project), nil
}

// keyOf is the key that an image has from a build of a project, "" where it has none.
// Two directories may share the usual name of an image, and a Dockerfile can give any
// image a key: that of another project is not believed. ctenv's own label, which says
// whose it is, is set over the Dockerfile's.
func keyOf(labels map[string]string, project string) string {
	if labels[plan.LabelProjectDir] != project {
		return ""
	}
	return labels[plan.LabelBuild]
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
	builder, err := build.Find(ctx, a.Environ, facts.Podman)
	if missing := (*build.MissingError)(nil); errors.As(err, &missing) {
		return hint.Failed(err, fmt.Sprintf("install it, or run an image that is there: --image %s", j.b.Tag))
	}
	if err != nil {
		return err
	}
	if builder.NoBuildKit {
		a.Warn("BuildKit is missing, so %s builds without it: install docker's buildx plugin (docker-buildx)", builder)
	}
	builder, j.environ = builder.At(j.eng.CommandAddress(), a.Environ)
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

// buildTries is how often a build is tried that other processes of podman's spoil.
const buildTries = 5

// runBuilder runs the builder to its end. Its output is shown live where somebody watches
// or has asked for it, else when it fails.
func (a *app) runBuilder(ctx context.Context, builder build.Builder, j imageJob, key string) error {
	options := build.Options{Pull: j.pull, NoCache: j.noCache, Plain: a.Verbosity() > 0, Key: key, Project: j.project, Environ: j.environ}
	words := builder.Words(j.b, options)
	for _, name := range options.Exposed(j.b.Args) {
		a.Warn("build.args.%s: others on this machine can see its value while the image is built, since that name means something to %s itself; give it another name", name, builder)
	}
	// Not the words: a build argument may be a secret.
	a.Detail("building %s with %s", j.b.Tag, builder)
	var kept bytes.Buffer
	var out io.Writer = a.Stderr
	if a.Verbosity() < 0 || a.Verbosity() == 0 && !term.IsTerminal(a.Stderr.Fd()) {
		out = &kept
		notice := time.AfterFunc(buildNotice, func() { a.Say("building %s", j.b.Tag) })
		defer notice.Stop()
	}
	err := build.Run(ctx, words, options.Environment(j.b.Args), j.b.Content, out)
	for tries := 1; errors.Is(err, build.ErrImageGone) && tries < buildTries; tries++ {
		a.Detail("building %s again: %v", j.b.Tag, build.ErrImageGone)
		kept.Reset()
		err = build.Run(ctx, words, options.Environment(j.b.Args), j.b.Content, out)
	}
	if caught := (*build.SignalError)(nil); errors.As(err, &caught) {
		return hint.Status(128 + int(caught.Signal))
	}
	if err == nil || ctx.Err() != nil {
		return err
	}
	_, _ = a.Stderr.Write(kept.Bytes())
	return hint.Failed(fmt.Errorf("building %q with %s: %w", j.b.Tag, builder, err), "")
}

// buildLine is the line that builds b, for a shell.
func buildLine(b plan.ImageBuild, program string) string {
	line := plan.ShellLine(build.Printed(program).Words(b, build.Options{Pull: b.Refresh, Printed: true}))
	if b.Dockerfile == "" {
		line = plan.ShellLine([]string{"printf", "%s", b.Content}) + " | " + line
	}
	return line
}
