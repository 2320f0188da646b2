// Package config decodes the text of ctenv's configuration files strictly and puts them
// together. Every value remembers the file, line and column it comes from. It looks at
// nothing: package configfile finds the files and reads them.
package config

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/pelletier/go-toml/v2/unstable"

	"ctenv/internal/tomltext"
)

// UserName is the name of the user's file, in the home directory.
const UserName = ".ctenv.toml"

// Config is what the files say.
type Config struct {
	// ProjectDir is absolute. It is "" where no project's file was found and the
	// current directory is "/" or the home directory: then there is no project to
	// mount.
	ProjectDir string
	// ByPwd: the project was found by the shell's spelling of the current directory alone.
	ByPwd bool
	// Described: a project's file lies there, read or not.
	Described bool
	// Files that were read, the highest priority first.
	Files []string
	// Trust is what the user's and the system's file say about asking.
	Trust Trust
	// Safe are the directories whose files are believed, whoever may write there.
	Safe []string
	// Warnings are about keys that have no effect. Resolve adds to them.
	Warnings []*Error

	files  []*File
	limits Limits
}

// File is a file whose syntax and outline are right. Its containers are decoded
// when they are asked for, so that a mistake in one does not stop another.
type File struct {
	// Local: its containers merge into those of the next file instead of replacing
	// them.
	Local bool

	defaults   *entry
	containers []*entry
	trust      Trust
	limits     Limits
	safe       []String
}

// Use has c say what the files say, the highest priority first. home is the caller's home
// directory, for paths that begin with ~. An error is an *Error with a place.
func (c *Config) Use(files []*File, home string) (err error) {
	c.files = files
	for _, f := range files {
		c.Trust.add(f.trust)
		if c.limits, err = c.limits.and(f.limits); err != nil {
			return err
		}
	}
	return c.Trust.resolve(home)
}

// Absolute resolves a path that the caller gave: ~ is home, unless that is "", and what
// is relative belongs to cwd.
func Absolute(path, cwd, home string) string {
	switch {
	case home != "" && path == "~":
		return home
	case home != "" && len(path) > 1 && path[:2] == "~/":
		return filepath.Join(home, path[2:])
	case filepath.IsAbs(path):
		return filepath.Clean(path)
	}
	return filepath.Join(cwd, path)
}

// Parse checks the syntax of a file's text and its outline. own: it is the user's or the
// system's, which may say more than a project's. An error is an *Error with a place.
func Parse(data []byte, src *Source, own bool) (*File, error) {
	root, err := parseTree(data, src)
	if err != nil {
		return nil, err
	}
	f := &File{}
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
			if n := len(f.containers); n > maxItems {
				return nil, &Error{Pos: f.containers[maxItems].pos, Msg: fmt.Sprintf("the file has %d containers, and may have %d", n, maxItems), Hint: "take out those that are not needed"}
			}
			for _, c := range e.value.entries {
				switch {
				case c.key == "":
					return nil, &Error{Pos: c.pos, Msg: "a container needs a name", Hint: "write [containers.NAME]"}
				case c.value.kind != unstable.Table && findKey(keys, c.key) != nil && c.key != "build":
					return nil, &Error{Pos: c.pos, Msg: c.key + " stands in no container", Hint: "write [containers.NAME] above it"}
				}
			}
		case (e.key == "trust" || e.key == "limits" || e.key == "safe_directories") && !own:
			return nil, &Error{Pos: e.pos, Msg: e.key + " is not for this file to say", Hint: "it belongs in ~/" + UserName}
		case e.key == "trust":
			if f.trust, err = parseTrust(e.value); err != nil {
				return nil, err
			}
		case e.key == "limits":
			if f.limits, err = parseLimits(e.value); err != nil {
				return nil, err
			}
		case e.key == "safe_directories":
			if f.safe, err = list(&Key{Kind: KindList}, e.key, e.value); err != nil {
				return nil, err
			}
		default:
			return nil, &Error{Pos: e.pos, Msg: fmt.Sprintf("unknown key %q at the top level", e.key), Hint: topLevelHint(e)}
		}
	}
	return f, nil
}

// SafeDirectories are those of which the file says that what lies in them is believed,
// absolute, or "*" for all. home is the caller's home directory.
func (f *File) SafeDirectories(home string) ([]string, error) {
	var out []string
	for _, dir := range f.safe {
		p := Absolute(dir.V, "", home)
		if p != "*" && !filepath.IsAbs(p) {
			return nil, &Error{Pos: dir.Pos, Msg: fmt.Sprintf("safe_directories: %q is not an absolute path", dir.V), Hint: "write the whole path, or ~/ for the home directory"}
		}
		out = append(out, p)
	}
	return out, nil
}

func topLevelHint(e *entry) string {
	if hint := didYouMean(e.key, []string{"defaults", "containers"}); hint != "" {
		return hint
	}
	if e.key == "default_container" {
		return "write default = true in that container"
	}
	if findKey(keys, e.key) != nil && e.key != "build" {
		return e.key + " belongs in [defaults] or [containers.NAME]"
	}
	if e.value.kind == unstable.Table {
		return "a container is written [containers." + tomltext.Key(e.key) + "]"
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

// defaults gives the [defaults] of all files, the lowest first.
func (c *Config) defaults() []*entry {
	var tables []*entry
	for _, f := range c.files {
		if f.defaults != nil {
			tables = append(tables, f.defaults)
		}
	}
	slices.Reverse(tables)
	return tables
}
