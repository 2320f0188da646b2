package build

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	moby "github.com/moby/term"

	"ctenv/internal/dockerfile"
	"ctenv/internal/engine"
	"ctenv/internal/flock"
	"ctenv/internal/hint"
	"ctenv/internal/plan"
	"ctenv/internal/shellquote"
	"ctenv/internal/term"
)

// Job is one image to be built on one engine.
type Job struct {
	Image         plan.ImageBuild
	Project       string // its directory
	Engine        *engine.Engine
	Pull, NoCache bool
	Console       *term.Console
	environ       []string // of the builder
}

// notice is how long a build whose output is not shown may take before ctenv says that
// there is one.
const notice = time.Second

// grace is how long a build of another run is waited for.
const grace = time.Hour

// tries is how often a build is tried that podman spoils.
const tries = 5

// Always builds the image, whether or not there is one already.
func (j Job) Always(ctx context.Context) error {
	keys, err := j.keys(ctx)
	if err != nil {
		return err
	}
	return j.build(ctx, keys.now)
}

// Ensure builds the image where it is not what the configuration describes.
func (j Job) Ensure(ctx context.Context) error {
	unlock, err := j.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	keys, err := j.keys(ctx)
	if err != nil {
		return err
	}
	if keys.now != "" && keys.now == keys.made && !j.Pull {
		j.Console.Detail("the image %s is what the configuration describes: not built again", j.Image.Tag)
		return nil
	}
	return j.build(ctx, keys.now)
}

// lock keeps this user's other runs from building an inline image at once: the second
// finds what the first has made.
func (j Job) lock(ctx context.Context) (unlock func(), err error) {
	if !j.Image.Inline() {
		return func() {}, nil
	}
	silence := time.AfterFunc(time.Second, func() { j.Console.Say("waiting for the image %s, which another ctenv builds", j.Image.Tag) })
	defer silence.Stop()
	name := sha256.Sum256([]byte(j.Image.Tag))
	return flock.LockFor(ctx, j.Console.Getenv("XDG_RUNTIME_DIR"), "build-"+hex.EncodeToString(name[:8]), grace, j.Console.Detail)
}

// keys are what is known of an inline build: the zero keys where that is nothing.
type keys struct {
	now     string   // the key of what it would make its image of now
	made    string   // that of the image that is there
	copying []string // instructions of base images that copy from a context
}

func (j Job) keys(ctx context.Context) (out keys, err error) {
	if !j.Image.Inline() {
		return out, nil
	}
	from, starts, ok := bases(j.Image.Content, j.Image.Args)
	if !ok {
		return out, nil
	}
	images, err := j.Engine.Images(ctx, slices.Concat([]string{j.Image.Tag}, from))
	if err != nil {
		return out, err
	}
	var ids []string
	for i, image := range images[1:] {
		ids = append(ids, image.ID)
		for _, trigger := range image.OnBuild {
			if slices.Contains(starts, from[i]) && dockerfile.WantsContext(trigger) {
				out.copying = append(out.copying, fmt.Sprintf("ONBUILD %q of the image %s", trigger, from[i]))
			}
		}
	}
	out.now, out.made = key(j.Image, from, ids), keyOf(images[0].Labels, j.Project)
	return out, nil
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

// build builds the image with the label key. It builds an inline one once more where its
// bases have become others meanwhile, as those have that the build itself has pulled: the
// label has to tell what the image is made of. All but the label comes from the cache then.
func (j Job) build(ctx context.Context, key string) error {
	facts, err := j.Engine.Facts(ctx)
	if err != nil {
		return err
	}
	builder, err := Find(ctx, j.Console.Environ, facts.Podman)
	if missing := (*MissingError)(nil); errors.As(err, &missing) {
		return hint.Failed(err, fmt.Sprintf("install it, or run an image that is there: --image %s", j.Image.Tag))
	}
	if err != nil {
		return err
	}
	if builder.NoBuildKit {
		j.Console.Warn("BuildKit is missing, so %s builds without it: install docker's buildx plugin (docker-buildx)", builder)
	}
	builder, j.environ = builder.at(j.Engine.CommandAddress(), j.Console.Environ)
	if err := j.run(ctx, builder, key); err != nil {
		return err
	}
	keys, err := j.keys(ctx)
	if err != nil {
		return err
	}
	for _, instruction := range keys.copying {
		j.Console.Warn("%s has nothing of the project to copy, since build.dockerfile_content itself copies nothing: set build.context = \".\"", instruction)
	}
	if keys.now == key {
		return nil
	}
	j.Pull, j.NoCache = false, false
	return j.run(ctx, builder, keys.now)
}

// run runs the builder to its end. Its output is shown live where somebody watches or has
// asked for it, else when it fails.
func (j Job) run(ctx context.Context, builder Builder, key string) error {
	verbosity := j.Console.Verbosity()
	o := options{pull: j.Pull, noCache: j.NoCache, plain: verbosity > 0, key: key, project: j.Project, environ: j.environ}
	words := builder.line(j.Image, o)
	for _, name := range o.exposed(j.Image.Args) {
		j.Console.Warn("build.args.%s: others on this machine can see its value while the image is built, since that name means something to %s itself; give it another name", name, builder)
	}
	// Not the words: a build argument may be a secret.
	j.Console.Detail("building %s with %s", j.Image.Tag, builder)
	var kept output
	var out io.Writer = j.Console.Stderr
	if verbosity < 0 || verbosity == 0 && !moby.IsTerminal(j.Console.Stderr.Fd()) {
		out = &kept
		said := time.AfterFunc(notice, func() { j.Console.Say("building %s", j.Image.Tag) })
		defer said.Stop()
	}
	err := run(ctx, words, o.environment(j.Image.Args), j.Image.Content, out)
	for n := 1; errors.Is(err, errSpoiled) && n < tries; n++ {
		j.Console.Detail("building %s again: %v", j.Image.Tag, err)
		kept = output{}
		err = run(ctx, words, o.environment(j.Image.Args), j.Image.Content, out)
	}
	if err == nil || ctx.Err() != nil || errors.As(err, new(hint.Status)) {
		return err
	}
	kept.show(j.Console.Stderr)
	return hint.Failed(fmt.Errorf("building %q with %s: %w", j.Image.Tag, builder, err), "")
}

// Line is the line that builds b, for a shell: `docker build` is BuildKit where that is
// installed.
func Line(b plan.ImageBuild, program string) string {
	builder := Builder{words: []string{program, "build"}}
	line := shellquote.Line(builder.line(b, options{pull: b.Refresh, printed: true}))
	if b.Dockerfile == "" {
		line = shellquote.Line([]string{"printf", "%s", b.Content}) + " | " + line
	}
	return line
}
