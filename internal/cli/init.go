package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"ctenv/internal/config"
	"ctenv/internal/starter"
)

const (
	configName = ".ctenv.toml"
	schemaName = ".ctenv.schema.json"
)

func (a *app) newInit() *cobra.Command {
	return &cobra.Command{
		Use:   "init",
		Short: "Write a commented .ctenv.toml for what is in this folder",
		Long: `Writes .ctenv.toml into the current folder (or the one that -p names), with an
image for what it finds there: devcontainer.json, Dockerfile, go.mod,
package.json, Cargo.toml, pyproject.toml, CMakeLists.txt, Makefile and others.
Beside it goes ` + schemaName + `, with which editors complete and check it.
Nothing is asked, and no file is overwritten.`,
		Example: `  ctenv init
  ctenv -p ~/src/app init`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return a.init() },
	}
}

// init writes into -p's folder, else the current one: a file further up is no
// reason to have none here.
func (a *app) init() error {
	dir := a.projectDir
	if dir == "" {
		dir = "."
	}
	if home, err := os.Stat(a.getenv("HOME")); err == nil {
		if here, err := os.Stat(dir); err == nil && os.SameFile(home, here) {
			return &config.Error{Msg: "this is your home directory, and its " + configName + " holds for all projects", Hint: "go to a project's folder, or name it: ctenv -p DIR init"}
		}
	}
	for _, name := range []string{configName, "ctenv.toml"} {
		path := filepath.Join(dir, name)
		if _, err := os.Lstat(path); err == nil {
			return &config.Error{Msg: fmt.Sprintf("%q is there already", path), Hint: "ctenv init overwrites nothing; edit it, or move it away"}
		}
	}
	found, err := starter.Detect(os.DirFS(dir))
	if err != nil {
		return &hostError{err: fmt.Errorf("looking into %q: %w", dir, err)}
	}
	path := filepath.Join(dir, configName)
	if err := writeNew(path, []byte(found.File(schemaName))); err != nil {
		return err
	}
	a.say("wrote %s: %s", path, found.Because)
	schema, err := config.Schema()
	if err != nil {
		return err
	}
	path = filepath.Join(dir, schemaName)
	err = writeNew(path, append(schema, '\n'))
	switch {
	case errors.Is(err, fs.ErrExist):
	case err != nil:
		return err
	default:
		a.say("wrote %s, for editors", path)
	}
	a.say("next: ctenv run")
	return nil
}

// writeNew makes a file that is not there yet, nor as a symlink.
func writeNew(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return &hostError{err: err}
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		return &hostError{err: err}
	}
	return nil
}
