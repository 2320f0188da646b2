// Package shim makes links that run programs in a project's container, and knows when
// ctenv was called by one.
package shim

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A shim is a symlink by the name of a program: to one beside it whose name begins so
// and says which container is meant, and which leads to ctenv.
const mark = ".ctenv-shim"

// IsProgram tells whether there can be a link for a program of that name.
func IsProgram(name string) bool {
	return name == filepath.Base(name) && name != "." && name != ".." && !strings.HasPrefix(name, mark) && name != "ctenv"
}

// Dir is the project's own directory of links.
const Dir = ".ctenv/bin"

// Make puts a link for each program into dir, to run it in a container, "" for the
// project's default one. With a project, dir is the project's own Dir, which a container may
// exchange for a link to another directory at any time.
func Make(project, dir, container string, programs []string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	root, err := open(project, dir)
	if err != nil {
		return err
	}
	defer root.Close()
	lead := mark
	if container != "" {
		lead += "@" + url.PathEscape(container)
	}
	err = relink(root, lead, self)
	for _, name := range programs {
		if err == nil {
			err = relink(root, name, lead)
		}
	}
	return err
}

// open opens the directory of the links, made where it is missing. Nothing leads out of it
// from then on, and the way to the project's own does not lead out of the project.
func open(project, dir string) (*os.Root, error) {
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
	if err := root.MkdirAll(Dir, 0o777); err != nil {
		return nil, err
	}
	return root.OpenRoot(Dir)
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

// own is set in the environment of the programs that ctenv itself starts.
const own = "CTENV_STARTS"

// Apart keeps what this process starts, as git and podman, from being a shim, which would
// start ctenv, which would start it again: links are looked for last, and one that is called
// all the same does nothing. The environment that the configuration sees is older.
func Apart() {
	var others, links []string
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		to := &others
		if leads, _ := filepath.Glob(filepath.Join(escape.Replace(dir), mark+"*")); len(leads) > 0 {
			to = &links
		}
		*to = append(*to, dir)
	}
	if len(links) > 0 {
		os.Setenv("PATH", strings.Join(append(others, links...), string(filepath.ListSeparator)))
	}
	os.Setenv(own, "1")
}

// escape takes the meaning from what path.Match reads in a directory's name.
var escape = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`)

// ErrOwn says that ctenv has called a shim for itself.
var ErrOwn = errors.New("ctenv itself needs that program, and finds a link of `ctenv shim` alone")

// Line is the command line of ctenv where it was called through a shim, as argv0. Its error is
// ErrOwn.
func Line(argv0 string, args []string) (line []string, ok bool, err error) {
	line, ok = find(argv0, args)
	if ok && os.Getenv(own) != "" {
		return nil, false, fmt.Errorf("%s: %w", filepath.Base(argv0), ErrOwn)
	}
	return line, ok, nil
}

func find(argv0 string, args []string) ([]string, bool) {
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
	target, err := os.Readlink(path)
	if err != nil {
		return nil, false
	}
	rest, ok := strings.CutPrefix(target, mark)
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
