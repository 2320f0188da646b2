package expand

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/distribution/reference"

	"ctenv/internal/config"
	"ctenv/internal/dockerfile"
	"ctenv/internal/mistake"
	"ctenv/internal/plan"
	"ctenv/internal/template"
	"ctenv/internal/wire"
)

// imageName settles the image's name, which other texts may use: the configured
// one, or that of the image that will be built.
func (x *expansion) imageName(d *Draft) error {
	if !d.Builds() {
		if err := x.text(&d.Settings.Image, "image", template.Strict); err != nil {
			return err
		}
		if _, err := reference.ParseAnyReference(template.Plain(d.Settings.Image.V)); err != nil {
			return mistake.Wrap(d.Settings.Image, "image", mistake.Refuse("no image reference: "+err.Error(), imageHint(d.Settings.Image.V)))
		}
		return nil
	}
	tag := &d.Settings.Build.Tag
	if err := x.text(tag, "build.tag", template.ImageText); err != nil {
		return err
	}
	ref, err := reference.ParseNormalizedNamed(template.Plain(tag.V))
	if err != nil {
		return mistake.Wrap(*tag, "build.tag", mistake.Refuse("no name for an image: "+err.Error(), imageHint(tag.V)))
	}
	if _, digested := ref.(reference.Digested); digested {
		return mistake.At(*tag, "build.tag", "%q: the digest of an image is not known before it is built", tag.V)
	}
	if plan.IsDerivedName(tag.V) {
		return &config.Error{Pos: tag.Pos, Msg: fmt.Sprintf("build.tag: %q is a name of images that ctenv derives", tag.V), Hint: "choose another one"}
	}
	d.Settings.Image = *tag
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

// Builds says whether the image is built.
func (d *Draft) Builds() bool { return d.Settings.Build.Set }

// build expands what the image is made of, after the scalars.
func (x *expansion) build(d *Draft) error {
	if !d.Builds() {
		return nil
	}
	b := &d.Settings.Build
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
		p, err := x.Path(t.s.V, t.s.Pos)
		if err != nil {
			return mistake.Wrap(*t.s, t.key, err)
		}
		t.s.V = p
	}
	if b.DockerfileContent.Set && strings.TrimSpace(b.DockerfileContent.V) == "" {
		return mistake.At(b.DockerfileContent, "build.dockerfile_content", "it is empty")
	}
	d.SecretArgs = map[string]bool{}
	args := make([]config.Entry, len(b.Args))
	for i, e := range b.Args {
		if e.Key == "" || strings.Contains(e.Key, "=") {
			return mistake.At(e.Value, "build.args", "Invalid build argument %q: a name is not empty and holds no =", e.Key)
		}
		// A default is the file's own text, and no secret.
		d.SecretArgs[e.Key] = slices.ContainsFunc(template.Variables(e.Value.V), func(name string) bool { return x.host.Env[name] != "" })
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

// buildPaths are the paths that decide.ImageBuild wants to know about.
func (d *Draft) buildPaths() []string {
	var paths []string
	for _, s := range []config.String{d.Settings.Build.Context, d.Settings.Build.Dockerfile} {
		if s.Set {
			paths = append(paths, s.V)
		}
	}
	return paths
}

// IgnoreFiles are what a builder reads without being told, where it is there.
func (d *Draft) IgnoreFiles() []config.String {
	var files []config.String
	b := &d.Settings.Build
	for _, name := range []string{".dockerignore", ".containerignore"} {
		if c := b.Context; c.Set {
			c.V = path.Join(c.V, name)
			files = append(files, c)
		}
		if f := b.Dockerfile; f.Set {
			f.V += name
			files = append(files, f)
		}
	}
	return files
}

// install expands what belongs into the image. It serves every user and project, so
// that no name of either is known there.
func (x *expansion) install(d *Draft) error {
	ours := &template.Vars{Values: map[string]string{}, Hide: x.Vars.Hide, Unseen: x.Vars.Unseen}
	for _, name := range template.ImageNames {
		ours.Values[name] = x.Vars.Values[name]
	}
	expand := func(s config.String, key string, m template.Mode) (config.String, error) {
		for _, name := range template.Names(s.V) {
			_, env := template.Variable(name)
			if _, known := x.Vars.Values[name]; !env && (!known || slices.Contains(template.ImageNames, name)) {
				continue
			}
			if m == template.ShellText && (name == "HOME" || name == "USER") {
				continue // the shell's
			}
			return s, &config.Error{Pos: s.Pos, Msg: fmt.Sprintf("%s: ${%s} differs from user to user or from project to project, and the image serves them all", key, name),
				Hint: "post_start_commands and setup_commands may use it"}
		}
		var err error
		s.V, err = ours.Expand(s, key, m)
		return s, err
	}
	packages := make(config.Packages, len(d.Settings.Packages))
	for i, p := range d.Settings.Packages {
		key := "packages"
		if p.Key != "" {
			key += "." + p.Key
		}
		s, err := expand(p.Value, key, template.Strict)
		if err != nil {
			return err
		}
		if err := wire.ValidPackage(s.V); err != nil {
			return mistake.At(s, key, "%q: %v", s.V, err)
		}
		packages[i] = config.Entry{Key: p.Key, Value: s}
	}
	commands := make([]config.String, len(d.Settings.ImageCommands))
	for i, s := range d.Settings.ImageCommands {
		var err error
		if commands[i], err = expand(s, mistake.Item("image_commands", i, s), template.ShellText); err != nil {
			return err
		}
	}
	d.Settings.Packages, d.Settings.ImageCommands = packages, commands
	x.Vars.Unslugged = append(x.Vars.Unslugged, ours.Unslugged...)
	return nil
}
