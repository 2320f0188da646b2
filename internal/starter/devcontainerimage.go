package starter

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"ctenv/internal/tomltext"
)

// image takes image or build. Paths are relative to the file's own directory, those of the
// result to the project's.
func (t *translation) image(d devcontainerFile) error {
	for _, text := range []string{d.Image, d.Build.Dockerfile, d.Build.Context, d.Build.Target, d.Dockerfile, d.Context} {
		if strings.Contains(text, "${") {
			return fmt.Errorf("its image, or what to build it from, takes a variable: %q", text)
		}
		if strings.ContainsRune(text, 0) {
			return fmt.Errorf("its image, or what to build it from, %s: %q", nul, text)
		}
	}
	if d.Image != "" {
		t.Image = d.Image
		return nil
	}
	file, directory := d.Build.Dockerfile, d.Build.Context
	if file == "" {
		file, directory = d.Dockerfile, d.Context
	}
	if file == "" {
		return errors.New("it names neither an image nor a Dockerfile")
	}
	// As with docker: a context is the Dockerfile's directory unless it is given.
	t.Dockerfile, t.Target = path.Join(t.dir, file), d.Build.Target
	t.Context = path.Join(t.dir, directory)
	if directory == "" {
		t.Context = path.Dir(t.Dockerfile)
	}
	if !fs.ValidPath(t.Dockerfile) || !fs.ValidPath(t.Context) {
		return errors.New("its Dockerfile or context lies outside of the project")
	}
	for _, name := range slices.Sorted(maps.Keys(d.Build.Args)) {
		value, why := t.text(string(d.Build.Args[name]))
		if !isVariable(name) {
			why = "that is no variable's name"
		}
		if why != "" {
			t.miss("build.args."+name, why)
			continue
		}
		t.Args = append(t.Args, tomltext.Quote(name)+" = "+tomltext.Quote(value))
	}
	if len(d.Build.Options) > 0 {
		t.miss("build.options", "there is no key for it")
	}
	if len(d.Build.CacheFrom) > 0 {
		t.leave("build.cacheFrom", "there is no key for it")
	}
	return nil
}

// place takes where the project is, and where the command starts.
func (t *translation) place(d devcontainerFile) {
	t.target = defaultTarget
	if d.WorkspaceMount != "" {
		fields := mountFields(d.WorkspaceMount)
		target, why := t.absolute(fields["target"])
		switch {
		case fields["source"] != "${localWorkspaceFolder}":
			t.miss("workspaceMount", "project_target mounts the project alone")
		case why != "":
			t.miss("workspaceMount", why)
		default:
			t.target = target
		}
	}
	t.directory = t.target
	if d.WorkspaceFolder != "" {
		switch directory, why := t.absolute(d.WorkspaceFolder); {
		case why != "":
			t.miss("workspaceFolder", why)
		case t.target == defaultTarget:
			t.target, t.directory = directory, directory
		case directory != t.target:
			t.directory = directory
			t.key("workdir", tomltext.Quote(directory))
		}
	}
	if t.target != defaultTarget {
		t.key("project_target", tomltext.Quote(t.target))
	}
}

// defaultTarget is where the project is unless project_target says otherwise.
const defaultTarget = "/repo"

// absolute is a path in the container that is known now.
func (t *translation) absolute(value string) (p, why string) {
	p, why = t.text(value)
	switch {
	case why != "":
		return "", why
	case !path.IsAbs(p) || path.Clean(p) == "/" || strings.ContainsAny(p, "$:"):
		return "", fmt.Sprintf("%q is no plain path in the container", value)
	}
	return path.Clean(p), ""
}
