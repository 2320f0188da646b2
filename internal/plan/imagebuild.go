package plan

import (
	"fmt"
	"strings"

	"github.com/distribution/reference"

	"ctenv/internal/config"
)

// LabelBuild is the label of an image that was built from an inline Dockerfile. It
// holds the key of what the image was made of.
const LabelBuild = labelPrefix + "build"

// ImageBuild is how a container's image is built.
type ImageBuild struct {
	// Dockerfile is an absolute path, "" where Content is the Dockerfile itself.
	Dockerfile string
	Content    string
	Context    string // absolute path of a folder; "" for an empty one
	Tag        string
	Args       []BuildArg
	Target     string // "" for the last stage
	Platform   string // "os/arch[/variant]", or "" for the engine's own
	// Refresh asks the registry for newer base images.
	Refresh bool
}

// BuildArg is a build argument.
type BuildArg struct{ Name, Value string }

// Inline says that all of the build is in the configuration: nothing of the file
// system goes into the image.
func (b ImageBuild) Inline() bool { return b.Dockerfile == "" && b.Context == "" }

// imageName settles the image's name, which other texts may use: the configured
// one, or that of the image that will be built.
func (x *expansion) imageName(d *Draft) error {
	if !d.builds() {
		if err := x.text(&d.c.Image, "image", strict); err != nil {
			return err
		}
		if _, err := reference.ParseAnyReference(d.c.Image.V); err != nil {
			return wrap(d.c.Image, "image", &templateError{"no image reference: " + err.Error(), imageHint(d.c.Image.V)})
		}
		return nil
	}
	tag := &d.c.Build.Tag
	if err := x.text(tag, "build.tag", imageText); err != nil {
		return err
	}
	ref, err := reference.ParseNormalizedNamed(tag.V)
	if err != nil {
		return wrap(*tag, "build.tag", &templateError{"no name for an image: " + err.Error(), imageHint(tag.V)})
	}
	if _, digested := ref.(reference.Digested); digested {
		return at(*tag, "build.tag", "%q: the digest of an image is not known before it is built", tag.V)
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
		mode mode
	}{
		{&b.Dockerfile, "build.dockerfile", strict}, {&b.Context, "build.context", strict}, {&b.Target, "build.target", strict},
		// A ${X} that is none of our names is the Dockerfile's own.
		{&b.DockerfileContent, "build.dockerfile_content", shellText},
	} {
		if err := x.text(t.s, t.key, t.mode); err != nil {
			return err
		}
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
			return wrap(*t.s, t.key, err)
		}
		t.s.V = p
	}
	if b.DockerfileContent.Set && strings.TrimSpace(b.DockerfileContent.V) == "" {
		return at(b.DockerfileContent, "build.dockerfile_content", "it is empty")
	}
	args := make([]config.Entry, len(b.Args))
	for i, e := range b.Args {
		if e.Key == "" || strings.Contains(e.Key, "=") {
			return at(e.Value, "build.args", "Invalid build argument %q: a name is not empty and holds no =", e.Key)
		}
		if err := x.text(&e.Value, "build.args."+e.Key, hideable); err != nil {
			return err
		}
		args[i] = e
	}
	b.Args = args
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
		Tag: d.c.Image.V, Target: b.Target.V, Platform: d.c.Platform.V, Refresh: d.c.Pull.V == "always",
	}
	for _, e := range b.Args {
		out.Args = append(out.Args, BuildArg{Name: e.Key, Value: e.Value.V})
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
		key, hint string
		folder    bool
	}{
		{b.Context, "build.context", "", true},
		{b.Dockerfile, "build.dockerfile", "dockerfile names another file, dockerfile_content holds the text itself", false},
	} {
		if !t.s.Set {
			continue
		}
		there := seen.Paths[t.s.V]
		switch {
		case there.Err != nil:
			return nil, found(at(t.s, t.key, "%q: %v", t.s.V, there.Err))
		case !there.Exists:
			return nil, &config.Error{Pos: t.s.Pos, Msg: fmt.Sprintf("%s: %q does not exist", t.key, t.s.V), Hint: t.hint, Found: true}
		case there.Dir != t.folder && t.folder:
			return nil, found(at(t.s, t.key, "%q is a file; name its folder", t.s.V))
		case there.Dir != t.folder:
			return nil, found(at(t.s, t.key, "%q is a folder; name the Dockerfile in it", t.s.V))
		}
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
