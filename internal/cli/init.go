package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"ctenv/internal/config"
	"ctenv/internal/configdoc"
	"ctenv/internal/configfile"
	"ctenv/internal/hint"
	"ctenv/internal/pipeline"
	"ctenv/internal/regular"
	"ctenv/internal/starter"
	"ctenv/internal/usage"
)

const configName = ".ctenv.toml"

func (a *app) newInit() *cobra.Command {
	noSchema := false
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write a commented .ctenv.toml for what is in this directory",
		Long: `Writes .ctenv.toml into the current directory (or the one that -p names), with an
image for what it finds there: devcontainer.json, Dockerfile, go.mod,
package.json, Cargo.toml, pyproject.toml, CMakeLists.txt, Makefile and others.
Beside it goes ` + starter.SchemaName + `, with which editors complete and check it.
Nothing is asked, and no file is overwritten.`,
		Example: `  ctenv init
  ctenv init --no-schema
  ctenv -p ~/src/app init`,
		Args: usage.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.init(!noSchema) },
	}
	cmd.Flags().BoolVar(&noSchema, "no-schema", false, "write no "+starter.SchemaName)
	return cmd
}

// init writes into -p's directory, else the current one: a file further up is no
// reason to have none here.
func (a *app) init(withSchema bool) error {
	dir := cmp.Or(a.ProjectDir, ".")
	if home, err := os.Stat(a.Getenv("HOME")); err == nil {
		if here, err := os.Stat(dir); err == nil && os.SameFile(home, here) {
			return &config.Error{Msg: "this is your home directory, and its " + configName + " holds for all projects", Hint: "go to a project's directory, or name it: ctenv -p DIR init"}
		}
	}
	for _, name := range []string{configName, "ctenv.toml"} {
		path := filepath.Join(dir, name)
		if _, err := os.Lstat(path); err == nil {
			return &config.Error{Msg: fmt.Sprintf("%q is there already", path), Hint: "ctenv init overwrites nothing; edit it, or move it away"}
		}
	}
	// Without a caller nothing is held against this machine; a run says why.
	var here starter.Machine
	if h, err := a.Probe(); err == nil {
		project, err := filepath.Abs(dir)
		if err != nil {
			return hint.Failed(err, "")
		}
		here = pipeline.Machine(h, project)
	}
	found, err := starter.Detect(regular.FS{Dir: dir, Limit: starter.MaxFile}, here)
	if err != nil {
		return hint.Failed(fmt.Errorf("looking into %q: %w", dir, err), "")
	}
	path := filepath.Join(dir, configName)
	named := ""
	if withSchema {
		named = starter.SchemaName
	}
	if err := writeNew(path, []byte(found.File(named))); err != nil {
		return err
	}
	a.Say("wrote %s: %s", path, found.Because)
	for _, said := range found.Said {
		a.Warn("%s", said)
	}
	for _, left := range found.Left {
		a.Say("not taken over: %s", left)
	}
	if withSchema {
		if err := a.writeSchema(dir); err != nil {
			return err
		}
	}
	a.sayIgnore(dir)
	a.Say("next: ctenv run")
	return nil
}

// writeSchema writes the schema beside the file, where there is none yet.
func (a *app) writeSchema(dir string) error {
	schema, err := configdoc.Schema()
	if err != nil {
		return err
	}
	path := filepath.Join(dir, starter.SchemaName)
	err = writeNew(path, append(schema, '\n'))
	switch {
	case errors.Is(err, fs.ErrExist):
	case err != nil:
		return err
	default:
		a.Say("wrote %s, for editors", path)
	}
	return nil
}

// sayIgnore says how git is kept from what is one's own, where it is not.
func (a *app) sayIgnore(dir string) {
	if _, err := os.Stat(filepath.Join(dir, ".git")); err != nil {
		return
	}
	file := filepath.Join(dir, ".gitignore")
	if data, err := regular.Read(file, starter.MaxFile); err == nil && strings.Contains(string(data), configfile.LocalName) {
		return
	}
	a.Say("what is yours alone goes into %s: add that name to %s", configfile.LocalName, file)
}

// writeNew makes a file that is not there yet, nor as a symlink. It makes the whole of it, or
// none.
func writeNew(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return hint.Failed(err, "")
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		return hint.Failed(errors.Join(err, os.Remove(path)), "")
	}
	return nil
}
