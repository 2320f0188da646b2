// Package configfile finds ctenv's configuration files, decides whose they are, and reads
// them. What they say is package config's.
package configfile

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"ctenv/internal/config"
)

// Options say where to look.
type Options struct {
	Cwd        string // absolute, as Spell gives it
	Pwd        string // the same as the shell spells it, or ""
	Home       string // the caller's home directory, "" when unknown
	ProjectDir string // from -p, or ""
	// Spell gives a directory its one spelling; nil: it has it already.
	Spell  func(dir string) string
	Files  []string // from --config; they take the place of the project's file
	System string   // path of the system's file, "" for none
	// Foreign is a file of another program's, which Translate turns into ours, and takes
	// the place of the project's file; "" for none. ProjectDir is set then.
	Foreign   string
	Translate func(data []byte) ([]byte, error)
	// Refuse says why a file is not the caller's to believe, where safe are the directories
	// that the caller's own file vouches for; nil believes all. What it does not refuse,
	// nobody else can exchange before it is read.
	Refuse func(file string, safe []string) error
}

// Load finds and reads the files. An error names the file, and where it is a
// *config.Error the line and column. Where the files were found, a Config that knows the
// project's directory comes with it.
func Load(o Options) (*config.Config, error) {
	p, err := findProject(o)
	if err != nil {
		return nil, err
	}
	c := &config.Config{ProjectDir: p.dir, ByPwd: p.byPwd, Described: len(p.files) > 0}
	if len(o.Files) == 0 && o.Foreign == "" && len(p.files) > 1 {
		return c, fmt.Errorf("%q holds both %s; keep one of them", p.dir, strings.Join(projectNames, " and "))
	}
	found, err := locate(o, p)
	if err != nil {
		return c, err
	}
	var files []*config.File
	// The lowest first: the system's and the user's say whom to believe.
	for _, l := range slices.Backward(found) {
		f, err := o.read(l, p.dir, c.Safe)
		if err != nil {
			return c, err
		}
		safe, err := f.SafeDirectories(o.Home)
		if err != nil {
			return c, err
		}
		c.Safe = append(c.Safe, safe...)
		c.Files = append(c.Files, l.path)
		files = append(files, f)
	}
	slices.Reverse(c.Files)
	slices.Reverse(files)
	if err := c.Use(files, o.Home); err != nil {
		return c, err
	}
	if c.ProjectDir != "" && len(o.Files) == 0 && o.Foreign == "" {
		c.Warnings = append(c.Warnings, unread(p)...)
	}
	return c, nil
}

// unread are files of one's own in the project that are not read: of another name, or alone.
func unread(p project) (all []*config.Error) {
	warn := func(name, way string) {
		path := filepath.Join(p.dir, name)
		if there, err := exists(path); err == nil && there {
			all = append(all, &config.Error{Msg: fmt.Sprintf("%q is not read", path), Hint: way})
		}
	}
	if len(p.files) == 0 {
		warn(LocalName, "it adds to a "+projectNames[0]+" beside it, and there is none")
	}
	warn(strings.TrimPrefix(LocalName, "."), "name it "+LocalName)
	return all
}

// located is a file that is to be read.
type located struct {
	path string
	kind kind
}

// locate lists the files to be read, the highest priority first.
func locate(o Options, p project) (found []located, err error) {
	where := func(path string, k kind) error {
		there, err := exists(path)
		if there {
			found = append(found, located{path, k})
		}
		return err
	}
	switch {
	case o.Foreign != "":
		found = append(found, located{config.Absolute(o.Foreign, o.Cwd, o.Home), fileForeign})
	case len(o.Files) > 0:
		for _, path := range o.Files {
			found = append(found, located{config.Absolute(path, o.Cwd, o.Home), fileNamed})
		}
	case len(p.files) > 0:
		if err := where(filepath.Join(p.dir, LocalName), fileLocal); err != nil {
			return nil, err
		}
		found = append(found, located{p.files[0], fileProject})
	}
	if o.Home != "" {
		// A home that is no directory, as /dev/null, has no file in it.
		if err := where(filepath.Join(o.Home, config.UserName), fileUser); err != nil && !errors.Is(err, syscall.ENOTDIR) {
			return nil, err
		}
	}
	if o.System != "" {
		err = where(o.System, fileSystem)
	}
	return found, err
}

// kind says whose a file is.
type kind int

const (
	fileNamed   kind = iota // by --config
	fileProject             // of whoever wrote the project
	fileLocal               // beside it: in the project too, where a container may write it
	fileForeign             // of another program's, in the project
	fileUser
	fileSystem
)

// read reads a file, which belongs to the project in dir or to the caller. safe are the
// directories whose files are believed.
func (o Options) read(l located, dir string, safe []string) (*config.File, error) {
	if o.Refuse != nil {
		if err := o.Refuse(l.path, safe); err != nil {
			return nil, err
		}
	}
	data, err := readFile(l.path, l.kind == fileNamed)
	if err != nil {
		return nil, err
	}
	k := l.kind
	src := &config.Source{Name: l.path, Dir: o.spell(filepath.Dir(l.path)), Project: k == fileProject || k == fileLocal || k == fileForeign}
	if k == fileForeign {
		// Its paths are the project's, and its lines are others.
		src.Dir, src.Translated = dir, true
		if data, err = o.Translate(data); err != nil {
			return nil, err
		}
	}
	f, err := config.Parse(data, src, k == fileUser || k == fileSystem)
	if err != nil {
		return nil, err
	}
	f.Local = k == fileLocal
	return f, nil
}
