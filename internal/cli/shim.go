package cli

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"ctenv/internal/config"
	"ctenv/internal/hint"
	"ctenv/internal/host"
	"ctenv/internal/shim"
)

func (a *app) newShim() *cobra.Command {
	var dir, container string
	cmd := &cobra.Command{
		Use:   "shim [flags] PROGRAM...",
		Short: "Make links that run programs in the project's container",
		Long: `shim makes a link for each PROGRAM. Called by such a name, ctenv runs that program
by exec in the container of the project that it is called in, at the same place, with
the same streams and exit code; outside a project that is an error. For the PATH of a
shell (direnv: PATH_add .ctenv/bin), editors and language servers.`,
		Example: `  ctenv shim make gcc clangd
  ctenv shim --container build --dir ~/bin/build make`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return hint.Usagef("ctenv shim: name the programs")
			}
			return nil
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.shim(dir, container, args)
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "put the links into `DIR` (default: .ctenv/bin in the project)")
	cmd.Flags().StringVar(&container, "container", "", "the `CONTAINER` to run them in (default: the project's default one)")
	_ = cmd.MarkFlagDirname("dir")
	_ = cmd.RegisterFlagCompletionFunc("container", a.completeContainer)
	return cmd
}

func (a *app) shim(dir, container string, programs []string) error {
	for _, name := range programs {
		if !shim.IsProgram(name) {
			return hint.Usagef("ctenv shim: %q is no program's name", name)
		}
	}
	o, err := a.Look()
	if err != nil {
		return err
	}
	cfg := o.Config
	if container != "" {
		if _, err := cfg.Resolve(container, config.Container{}); err != nil {
			return err
		}
	}
	project := ""
	if dir == "" {
		if !o.HasProject() {
			return hint.Misused("go to a directory with a .ctenv.toml, or name one with --dir", "there is no project here to put the links into")
		}
		project = host.Real(cfg.ProjectDir)
		dir = filepath.Join(cfg.ProjectDir, shim.Dir)
		if real := host.Real(dir); real != filepath.Join(project, shim.Dir) {
			return hint.With(fmt.Errorf("%q is %q by a symlink", dir, real), "remove the symlink, or choose a directory by --dir")
		}
	}
	if err := shim.Make(project, dir, container, programs); err != nil {
		if cause := hint.Cause(err); cause != err {
			return hint.Failed(fmt.Errorf("making links in %q: %w", dir, cause), "choose a directory that you may write to by --dir")
		}
		return hint.Failed(err, "")
	}
	a.Say("made %s in %s", strings.Join(programs, ", "), dir)
	return nil
}

// noProject is the error of a shim that is called anywhere.
func (a *app) noProject() error {
	return fmt.Errorf("%q is a link that runs it in a project's container, and there is no project here: no .ctenv.toml in this directory or above it", filepath.Base(a.argv0))
}
