package plan

import (
	"fmt"
	"strings"

	"github.com/distribution/reference"

	"ctenv/internal/config"
	"ctenv/internal/dockerfile"
	"ctenv/internal/mistake"
	"ctenv/internal/template"
)

// LabelBuild is the label of an image that was built from an inline Dockerfile. It
// holds the key of what the image was made of.
const LabelBuild = labelPrefix + "build"

// ImageBuild is how a container's image is built.
type ImageBuild struct {
	// Dockerfile is an absolute path, "" where Content is the Dockerfile itself.
	Dockerfile string
	Content    string
	Context    string // absolute path of a directory; "" for an empty one
	Tag        string
	Args       []BuildArg
	Target     string // "" for the last stage
	Platform   string // "os/arch[/variant]", or "" for the engine's own
	// Network is "none" where [limits] leave the container none, else "".
	Network string `json:",omitempty"`
	// Refresh asks the registry for newer base images.
	Refresh bool
}

// BuildArg is a build argument. FromHost says that a variable of the caller's is in
// its value: such a value is never shown, nor given to a program as an argument.
type BuildArg struct {
	Name, Value string
	FromHost    bool `json:",omitempty"`
}

// Inline says that all of the build is in the configuration: nothing of the file
// system goes into the image.
func (b ImageBuild) Inline() bool { return b.Dockerfile == "" && b.Context == "" }

// imageName settles the image's name, which other texts may use: the configured
// one, or that of the image that will be built.
func (x *expansion) imageName(d *Draft) error {
	if !d.builds() {
		if err := x.text(&d.c.Image, "image", template.Strict); err != nil {
			return err
		}
		if _, err := reference.ParseAnyReference(d.c.Image.V); err != nil {
			return mistake.Wrap(d.c.Image, "image", mistake.Refuse("no image reference: "+err.Error(), imageHint(d.c.Image.V)))
		}
		return nil
	}
	tag := &d.c.Build.Tag
	if err := x.text(tag, "build.tag", template.ImageText); err != nil {
		return err
	}
	ref, err := reference.ParseNormalizedNamed(tag.V)
	if err != nil {
		return mistake.Wrap(*tag, "build.tag", mistake.Refuse("no name for an image: "+err.Error(), imageHint(tag.V)))
	}
	if _, digested := ref.(reference.Digested); digested {
		return mistake.At(*tag, "build.tag", "%q: the digest of an image is not known before it is built", tag.V)
	}
	if isDerivedName(tag.V) {
		return &config.Error{Pos: tag.Pos, Msg: fmt.Sprintf("build.tag: %q is a name of images that ctenv derives", tag.V), Hint: "choose another one"}
	}
	d.c.Image = *tag
	return nil
}

// imageHint is the reference that was most likely meant, or "".
func imageHint(image string) string {
	fixed := strings.ToLower(strings.TrimSpace(image))
	if _, err := reference.ParseAnyReference(fixed); err != nil {
		return "write NAME[:TAG], as in debian:bookworm"
	}
	return "write " + fixed
}

// builds says whether the image is built.
func (d *Draft) builds() bool { return d.c.Build.Set }

// build expands what the image is made of, after the scalars.
func (x *expansion) build(d *Draft) error {
	if !d.builds() {
		return nil
	}
	b := &d.c.Build
	for _, t := range []struct {
		s    *config.String
		key  string
		mode template.Mode
	}{
		{&b.Dockerfile, "build.dockerfile", template.Strict}, {&b.Context, "build.context", template.Strict}, {&b.Target, "build.target", template.Strict},
		// A ${X} that is none of our names is the Dockerfile's own.
		{&b.DockerfileContent, "build.dockerfile_content", template.ShellText},
	} {
		if err := x.text(t.s, t.key, t.mode); err != nil {
			return err
		}
	}
	if err := x.buildContext(b); err != nil {
		return err
	}
	for _, t := range []struct {
		s   *config.String
		key string
	}{{&b.Dockerfile, "build.dockerfile"}, {&b.Context, "build.context"}} {
		if !t.s.Set {
			continue
		}
		p, err := x.onlyPath(t.s.V, t.s.Pos)
		if err != nil {
			return mistake.Wrap(*t.s, t.key, err)
		}
		t.s.V = p
	}
	if b.DockerfileContent.Set && strings.TrimSpace(b.DockerfileContent.V) == "" {
		return mistake.At(b.DockerfileContent, "build.dockerfile_content", "it is empty")
	}
	d.secretArgs = map[string]bool{}
	args := make([]config.Entry, len(b.Args))
	for i, e := range b.Args {
		if e.Key == "" || strings.Contains(e.Key, "=") {
			return mistake.At(e.Value, "build.args", "Invalid build argument %q: a name is not empty and holds no =", e.Key)
		}
		d.secretArgs[e.Key] = len(template.Variables(e.Value.V)) > 0
		if err := x.text(&e.Value, "build.args."+e.Key, template.Hideable); err != nil {
			return err
		}
		args[i] = e
	}
	b.Args = args
	return nil
}

// buildContext settles what an inline text copies from, where the files do not say it:
// the project, where the text copies at all. Without a context the builder would copy
// the Dockerfile alone, and say nothing.
func (x *expansion) buildContext(b *config.Build) error {
	switch c := &b.Context; {
	case c.Set && c.V == "" && b.Dockerfile.Set:
		return &config.Error{Pos: c.Pos, Msg: `build.context: "" is an empty context, which needs dockerfile_content`, Hint: "write the text there, or name a directory"}
	case c.Set && c.V == "":
		*c = config.String{}
	case c.Set, !dockerfile.WantsContext(b.DockerfileContent.V):
	case x.host.ProjectDir == "":
		return &config.Error{Pos: b.DockerfileContent.Pos, Msg: "build.dockerfile_content copies from a context, and there is no project", Hint: "set build.context"}
	default:
		*c = config.String{V: x.host.ProjectDir, Pos: b.DockerfileContent.Pos, Set: true}
	}
	return nil
}

// imageBuild is how the image is built by what the configuration says, nil where it
// is not built.
func (d *Draft) imageBuild() *ImageBuild {
	if !d.builds() {
		return nil
	}
	b := &d.c.Build
	out := &ImageBuild{
		Dockerfile: b.Dockerfile.V, Content: b.DockerfileContent.V, Context: b.Context.V,
		Tag: d.c.Image.V, Target: b.Target.V, Platform: d.c.Platform.V, Network: d.cutOff(), Refresh: d.c.Pull.V == "always",
	}
	for _, e := range b.Args {
		out.Args = append(out.Args, BuildArg{Name: e.Key, Value: e.Value.V, FromHost: d.secretArgs[e.Key]})
	}
	return out
}

// ImageBuild says how the image is built, and nil where it is used as it is. seen
// answers d.Wants.
func (d *Draft) ImageBuild(seen Seen) (*ImageBuild, error) {
	if !d.builds() {
		return nil, nil
	}
	b, out := &d.c.Build, d.imageBuild()
	for _, t := range []struct {
		s         config.String
		out       *string
		key, hint string
		directory bool
	}{
		{b.Context, &out.Context, "build.context", "", true},
		{b.Dockerfile, &out.Dockerfile, "build.dockerfile", "dockerfile names another file, dockerfile_content holds the text itself", false},
	} {
		if !t.s.Set {
			continue
		}
		there := seen.Paths[t.s.V]
		switch {
		case there.Err != nil:
			return nil, mistake.Found(mistake.At(t.s, t.key, "%q: %v", t.s.V, there.Err))
		case !there.Exists:
			return nil, &config.Error{Pos: t.s.Pos, Msg: fmt.Sprintf("%s: %q does not exist", t.key, t.s.V), Hint: t.hint, Found: true}
		case there.Dir != t.directory && t.directory:
			return nil, mistake.Found(mistake.At(t.s, t.key, "%q is a file; name its directory", t.s.V))
		case there.Dir != t.directory:
			return nil, mistake.Found(mistake.At(t.s, t.key, "%q is a directory; name the Dockerfile in it", t.s.V))
		case !t.directory && !there.Regular:
			// The builder would wait for a named pipe.
			return nil, mistake.Found(mistake.At(t.s, t.key, "%q is no regular file", t.s.V))
		}
		if err := d.believed(t.s, t.key, t.s.V, seen); err != nil {
			return nil, err
		}
		*t.out = there.Real // which was judged, and not what a link leads to by then
	}
	return out, nil
}

// buildPaths are the paths that ImageBuild wants to know about.
func (d *Draft) buildPaths() []string {
	var paths []string
	for _, s := range []config.String{d.c.Build.Context, d.c.Build.Dockerfile} {
		if s.Set {
			paths = append(paths, s.V)
		}
	}
	return paths
}
