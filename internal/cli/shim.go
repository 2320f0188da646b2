package cli

import (
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"ctenv/internal/config"
	"ctenv/internal/hint"
	"ctenv/internal/host"
)

// A shim is a symlink by the name of a program: to one beside it whose name begins so
// and says which container is meant, and which leads to ctenv.
const shimMark = ".ctenv-shim"

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
		if name != filepath.Base(name) || name == "." || name == ".." || strings.HasPrefix(name, shimMark) || name == "ctenv" {
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
		if !hasProject(cfg) {
			return hint.Misused("go to a directory with a .ctenv.toml, or name one with --dir", "there is no project here to put the links into")
		}
		project = host.Real(cfg.ProjectDir)
		dir = filepath.Join(cfg.ProjectDir, ".ctenv", "bin")
		if real := host.Real(dir); real != filepath.Join(project, ".ctenv", "bin") {
			return hint.With(fmt.Errorf("%q is %q by a symlink", dir, real), "remove the symlink, or choose a directory by --dir")
		}
	}
	self, err := os.Executable()
	if err != nil {
		return hint.Failed(err, "")
	}
	mark := shimMark
	if container != "" {
		mark += "@" + url.PathEscape(container)
	}
	links := [][2]string{{mark, self}}
	for _, name := range programs {
		links = append(links, [2]string{name, mark})
	}
	if err := putLinks(project, dir, links); err != nil {
		return hint.Failed(err, "")
	}
	a.Say("made %s in %s", strings.Join(programs, ", "), dir)
	return nil
}

// hasProject says that a file describes the project, and not the current directory alone
// is taken for one.
func hasProject(cfg *config.Config) bool {
	return slices.ContainsFunc(cfg.Files, func(file string) bool { return filepath.Dir(file) == cfg.ProjectDir })
}

// noProject is the error of a shim that is called anywhere.
func (a *app) noProject() error {
	return fmt.Errorf("%q is a link that runs it in a project's container, and here is no project: no .ctenv.toml in this directory or above it", filepath.Base(a.argv0))
}

// putLinks makes symlinks, names and what they lead to, in dir: with a project, in the
// project's own .ctenv/bin, which a container may exchange for a link to another directory at
// any time.
func putLinks(project, dir string, links [][2]string) error {
	root, err := shimRoot(project, dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, link := range links {
		if err := relink(root, link[0], link[1]); err != nil {
			return err
		}
	}
	return nil
}

// shimRoot opens the directory of the links, made where it is missing. Nothing leads out of it
// from then on, and the way to the project's own does not lead out of the project.
func shimRoot(project, dir string) (*os.Root, error) {
	if project == "" {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return nil, err
		}
		return os.OpenRoot(dir)
	}
	root, err := os.OpenRoot(project)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	if err := root.MkdirAll(".ctenv/bin", 0o777); err != nil {
		return nil, err
	}
	return root.OpenRoot(".ctenv/bin")
}

// relink makes a symlink, in the place of one that there is. What is none stays.
func relink(root *os.Root, name, target string) error {
	if info, err := root.Lstat(name); err == nil {
		if info.Mode()&fs.ModeSymlink == 0 {
			return fmt.Errorf("%q is there, and is no link", filepath.Join(root.Name(), name))
		}
		if err := root.Remove(name); err != nil {
			return err
		}
	}
	return root.Symlink(target, name)
}

// shimArgs is the command line of ctenv where it was called through a shim, as argv0.
func shimArgs(argv0 string, args []string) ([]string, bool) {
	name := filepath.Base(argv0)
	if name == "ctenv" {
		return nil, false
	}
	path := argv0
	if !strings.Contains(argv0, "/") {
		found, err := exec.LookPath(argv0)
		if err != nil {
			return nil, false
		}
		path = found
	}
	mark, err := os.Readlink(path)
	if err != nil {
		return nil, false
	}
	rest, ok := strings.CutPrefix(mark, shimMark)
	if !ok {
		return nil, false
	}
	line := []string{"exec"}
	if container, ok := strings.CutPrefix(rest, "@"); ok {
		// A name, and no flag: a link in a checkout is not the caller's word.
		if container, err = url.PathUnescape(container); err != nil || strings.HasPrefix(container, "-") {
			return nil, false
		}
		line = append(line, container)
	} else if rest != "" {
		return nil, false
	}
	return append(append(line, "--", name), args...), true
}
