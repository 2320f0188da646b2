// Package shim makes links that run programs in a project's container, and knows when
// ctenv was called by one.
package shim

import (
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
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
	if project != "" {
		keepFromGit(root)
	}
	err = relink(root, lead, self)
	for _, name := range programs {
		if err == nil {
			err = relink(root, name, lead)
		}
	}
	return err
}

// keepFromGit has git ignore the project's links, which lead into this machine. A file that
// is there already says what its owner wants.
func keepFromGit(root *os.Root) {
	if f, err := root.OpenFile(".gitignore", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666); err == nil {
		_, _ = f.WriteString("*\n") // without it the links work all the same
		f.Close()
	}
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

// own is set in the environment of the programs that ctenv itself starts, to a number of links.
const own = "CTENV_STARTS"

// maxAgain is how many links may take each other's place among what ctenv starts: a program
// may start others, and a few of its own name.
const maxAgain = 20

// Apart keeps what this process starts, as git and podman, from coming back to it by a shim,
// and from being a program that a container has put beside the links of its project: these
// are looked for last. The environment that the configuration sees is older.
func Apart() {
	os.Setenv(own, "1")
	var others, projects []string
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		to := &others
		if strings.HasSuffix(filepath.Clean(dir), "/"+Dir) {
			to = &projects
		}
		*to = append(*to, dir)
	}
	if len(projects) > 0 {
		os.Setenv("PATH", strings.Join(append(others, projects...), string(filepath.ListSeparator)))
	}
}

// Line is the command line of ctenv where it was called through a shim, as argv0. Where ctenv
// itself has called, the program that was meant takes this process over: the first of that
// name on PATH that is no link to ctenv. Line returns an error where there is none, or where
// that program has called again.
func Line(argv0 string, args []string) (line []string, ok bool, err error) {
	line, ok = find(argv0, args)
	if !ok || os.Getenv(own) == "" {
		return line, ok, nil
	}
	name := filepath.Base(argv0)
	path, err := meant(name)
	again, _ := strconv.Atoi(os.Getenv(own))
	if err == nil && again > maxAgain {
		err = fmt.Errorf("%s: %q runs it by a link of `ctenv shim`, which for ctenv itself leads back there", name, path)
	}
	if err == nil {
		os.Setenv(own, strconv.Itoa(again+1))
		err = syscall.Exec(path, append([]string{argv0}, args...), os.Environ())
	}
	return nil, false, err
}

// meant is the first program of that name on PATH that is no link to ctenv.
func meant(name string) (string, error) {
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		path := filepath.Join(dir, name)
		if !filepath.IsAbs(dir) || isShim(path) {
			continue
		}
		if found, err := exec.LookPath(path); err == nil {
			return found, nil
		}
	}
	return "", fmt.Errorf("%s: ctenv itself needs that program, and finds a link of `ctenv shim` alone", name)
}

// isShim says that path is a link to ctenv, whatever lies between.
func isShim(path string) bool {
	if target, err := os.Readlink(path); err != nil || strings.HasPrefix(target, mark) {
		return err == nil
	}
	at, err := os.Stat(path)
	if err != nil {
		return false
	}
	self, err := os.Executable()
	if err != nil {
		return false
	}
	is, err := os.Stat(self)
	return err == nil && os.SameFile(at, is)
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
