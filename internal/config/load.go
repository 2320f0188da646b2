// Package config finds ctenv's configuration files, decodes them strictly and
// merges them. Every value remembers the file, line and column it comes from.
package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// LoadOptions say where to look.
type LoadOptions struct {
	Cwd        string   // absolute
	Home       string   // the caller's home directory, "" when unknown
	ProjectDir string   // from -p, or ""
	Files      []string // from --config; they take the place of the project's file
}

// Config is what the files say.
type Config struct {
	// ProjectDir is absolute. It is "" where no project's file was found and the
	// current directory is "/" or the home directory: then there is no project to
	// mount.
	ProjectDir string
	// Files that were read, the highest priority first.
	Files []string
	// Trust is "off" where the user's file says so.
	Trust String
	// Warnings are about keys that have no effect. Resolve adds to them.
	Warnings []*Error

	files []*file
}

// file is a file whose syntax and outline are right. Its containers are decoded
// when they are asked for, so that a mistake in one does not stop another.
type file struct {
	defaults   *entry
	containers []*entry
	trust      String
}

// Load finds and reads the files. An error names the file, and where it is an
// *Error the line and column. Where the files were found, a Config that knows the
// project's folder comes with it.
func Load(o LoadOptions) (*Config, error) {
	p, err := findProject(o)
	if err != nil {
		return nil, err
	}
	c := &Config{ProjectDir: p.dir}
	switch {
	case len(o.Files) > 0:
		for _, path := range o.Files {
			if err := c.read(absolute(path, o.Cwd, o.Home), true, false); err != nil {
				return c, err
			}
		}
	case len(p.files) > 1:
		return c, fmt.Errorf("%q holds both %s; keep one of them", p.dir, strings.Join(projectNames, " and "))
	case len(p.files) == 1:
		if err := c.read(p.files[0], false, false); err != nil {
			return c, err
		}
	}
	if o.Home != "" {
		if path := filepath.Join(o.Home, userName); exists(path) {
			if err := c.read(path, false, true); err != nil {
				return c, err
			}
		}
	}
	return c, nil
}

func (c *Config) read(path string, pipes, user bool) error {
	data, err := readFile(path, pipes)
	if err != nil {
		return err
	}
	f, err := parseFile(data, &Source{Name: path, Dir: filepath.Dir(path)}, user)
	if err != nil {
		return err
	}
	if user {
		c.Trust = f.trust
	}
	c.Files = append(c.Files, path)
	c.files = append(c.files, f)
	return nil
}

// parseFile checks the syntax of a file and its outline.
func parseFile(data []byte, src *Source, user bool) (*file, error) {
	root, err := parseTree(data, src)
	if err != nil {
		return nil, err
	}
	f := &file{}
	for _, e := range root.entries {
		switch {
		case e.key == "defaults":
			if e.value.kind != unstable.Table {
				return nil, wrongKind("defaults", "a table", e.value)
			}
			f.defaults = e
		case e.key == "containers":
			if e.value.kind != unstable.Table {
				return nil, wrongKind("containers", "a table of containers, [containers.NAME]", e.value)
			}
			f.containers = e.value.entries
			for _, c := range e.value.entries {
				switch {
				case c.key == "":
					return nil, &Error{Pos: c.pos, Msg: "a container needs a name", Hint: "write [containers.NAME]"}
				case c.value.kind != unstable.Table && findKey(keys, c.key) != nil && c.key != "build":
					return nil, &Error{Pos: c.pos, Msg: c.key + " stands in no container", Hint: "write [containers.NAME] above it"}
				}
			}
		case e.key == "trust" && user:
			if err := setString(&f.trust, "trust", e.value); err != nil {
				return nil, err
			}
			if f.trust.V != "off" {
				return nil, &Error{Pos: f.trust.Pos, Msg: fmt.Sprintf("trust must be \"off\", not %q", f.trust.V), Hint: "leave it out to be asked"}
			}
		case e.key == "trust":
			return nil, &Error{Pos: e.pos, Msg: "trust is not for this file to say", Hint: "it belongs in ~/" + userName}
		default:
			return nil, &Error{Pos: e.pos, Msg: fmt.Sprintf("unknown key %q at the top level", e.key), Hint: topLevelHint(e)}
		}
	}
	return f, nil
}

func topLevelHint(e *entry) string {
	if hint := didYouMean(e.key, []string{"defaults", "containers"}); hint != "" {
		return hint
	}
	if findKey(keys, e.key) != nil && e.key != "build" {
		return e.key + " belongs in [defaults] or [containers.NAME]"
	}
	if e.value.kind == unstable.Table {
		return "a container is written [containers." + quoteKey(e.key) + "]"
	}
	return "the file holds [defaults] and [containers.NAME]"
}

// Names are the names of all containers, sorted.
func (c *Config) Names() []string {
	var names []string
	for _, f := range c.files {
		for _, e := range f.containers {
			names = append(names, e.key)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// container gives the table of that name in the highest file that has one, which
// replaces those in lower files whole; nil where none has.
func (c *Config) container(name string) *entry {
	for _, f := range c.files {
		for _, e := range f.containers {
			if e.key == name {
				return e
			}
		}
	}
	return nil
}

// defaults gives the [defaults] of the highest file that has one, or nil.
func (c *Config) defaults() *entry {
	for _, f := range c.files {
		if f.defaults != nil {
			return f.defaults
		}
	}
	return nil
}
