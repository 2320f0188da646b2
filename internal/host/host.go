// Package host looks at the caller and the machine. It decides nothing and
// changes nothing.
package host

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/moby/term"

	"ctenv/internal/plan"
)

// Probe looks at everything that a plan may depend on and that is cheap to see.
// The zero values of InitPath, Version, ProjectDir and Verbosity are the
// caller's to fill in.
func Probe(environ []string, stdin, stdout, stderr *os.File) (plan.Host, error) {
	h := plan.Host{
		PID:       os.Getpid(),
		Env:       Env(environ),
		StdinTTY:  term.IsTerminal(stdin.Fd()),
		StdoutTTY: term.IsTerminal(stdout.Fd()),
		StderrTTY: term.IsTerminal(stderr.Fd()),
		SELinux:   selinux(),
	}
	h.Background = h.StdinTTY && background(stdin.Fd())
	cwd, err := os.Getwd()
	if err != nil {
		return h, fmt.Errorf("the current directory cannot be found: %w; cd to one that exists", cause(err))
	}
	h.Cwd, h.RealCwd = cwd, realPath(cwd)
	h.User, err = identity(h.Env)
	return h, err
}

// SetProject notes the project's folder, absolute, or "" for none.
func SetProject(h *plan.Host, dir string) {
	h.ProjectDir = dir
	if dir != "" {
		h.RealProjectDir = realPath(dir)
	}
}

// Look answers what a plan wants to know of the file system.
func Look(w plan.Wants) plan.Seen {
	seen := plan.Seen{Paths: map[string]plan.Path{}, Files: map[string]plan.File{}, Escapes: map[plan.Point]plan.Link{}}
	for _, p := range w.Paths {
		seen.Paths[p] = stat(p)
	}
	for _, f := range w.Files {
		data, err := readCapped(f)
		seen.Files[f] = plan.File{Data: data, Err: err}
	}
	for _, p := range w.Points {
		if link, out := escape(p); out {
			seen.Escapes[p] = link
		}
	}
	return seen
}

func stat(p string) plan.Path {
	info, err := os.Stat(p)
	switch {
	case os.IsNotExist(err):
		return plan.Path{}
	case err != nil:
		return plan.Path{Err: cause(err)}
	}
	return plan.Path{Exists: true, Dir: info.IsDir(), Real: realPath(p)}
}

// cause drops the operation and the path, which the message names itself.
func cause(err error) error {
	switch e := err.(type) {
	case *os.PathError:
		return e.Err
	case *os.SyscallError:
		return e.Err
	}
	return err
}

func realPath(p string) string {
	real, err := filepath.EvalSymlinks(p)
	if err != nil {
		return p
	}
	return real
}

// Env is environ by name.
func Env(environ []string) map[string]string {
	m := make(map[string]string, len(environ))
	for _, kv := range environ {
		if name, value, ok := strings.Cut(kv, "="); ok && name != "" {
			m[name] = value
		}
	}
	return m
}
