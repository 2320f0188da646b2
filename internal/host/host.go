// Package host looks at the caller and the machine. It decides nothing and
// changes nothing.
package host

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/moby/term"

	"ctenv/internal/below"
	"ctenv/internal/hint"
	"ctenv/internal/look"
	"ctenv/internal/owners"
	"ctenv/internal/procid"
	"ctenv/internal/regular"
)

// maxFile caps a file of variables, in bytes: all variables together get about
// 2 MiB from the kernel.
const maxFile = 4 << 20

// Probe looks at everything that a plan may depend on and that is cheap to see.
// The zero values of InitPath, Version, ProjectDir and Verbosity are the
// caller's to fill in.
func Probe(environ []string, stdin, stdout, stderr *os.File) (look.Host, error) {
	h := look.Host{
		PID:       os.Getpid(),
		Client:    procid.Self(),
		Umask:     umask,
		Env:       Env(environ),
		StdinTTY:  term.IsTerminal(stdin.Fd()),
		StdoutTTY: term.IsTerminal(stdout.Fd()),
		StderrTTY: term.IsTerminal(stderr.Fd()),
		SELinux:   selinux(),
	}
	h.Boot, h.UIDMap = kernel()
	h.Background = h.StdinTTY && background(stdin.Fd())
	cwd, err := os.Getwd()
	if err != nil {
		return h, fmt.Errorf("the current directory cannot be found: %w; cd to one that exists", cause(err))
	}
	h.Pwd, h.Cwd = cwd, cwd
	if h.GIDs, err = os.Getgroups(); err != nil {
		return h, fmt.Errorf("reading your groups: %w", err)
	}
	h.GIDs = append(h.GIDs, os.Getgid())
	if h.User, err = identity(h.Env); err == nil {
		h.Cwd = Spelling(string(h.User.Home))(cwd)
	}
	return h, err
}

// Spelling gives each directory the one path by which everything calls it: the real one,
// but where that lies in the home, the home is written as the account has it. (On some
// systems /home is a symlink to /var/home.)
func Spelling(home string) func(dir string) string {
	realHome := realPath(home)
	return func(dir string) string {
		real := realPath(dir)
		if rel, err := filepath.Rel(realHome, real); err == nil && filepath.IsLocal(rel) && home != "" {
			return filepath.Join(home, rel)
		}
		return real
	}
}

// SetProject notes the project's directory, absolute, or "" for none.
func SetProject(h *look.Host, dir string) {
	h.ProjectDir = dir
	if dir != "" {
		h.RealProjectDir = realPath(dir)
	}
}

// Look answers what a plan wants to know of the file system.
func Look(w look.Wants) look.Seen {
	seen := LookAtPaths(w)
	Read(w, &seen)
	return seen
}

// LookAtPaths is Look without opening a file: what may be read is not decided yet.
func LookAtPaths(w look.Wants) look.Seen {
	seen := look.Seen{Paths: map[string]look.Path{}, Files: map[string]look.File{}, Inner: map[string][]string{},
		Trails: map[string]owners.Trail{}, Escapes: map[look.Point]look.Link{}}
	for _, p := range w.Paths {
		there := stat(p)
		there.ByGroup = byGroup(there)
		if !there.Exists && there.Err == nil {
			there.Real = Real(p)
		}
		seen.Paths[p] = there
	}
	if len(w.ReadOnly) > 0 {
		points := mountPoints()
		for _, p := range w.ReadOnly {
			seen.Inner[p] = slices.DeleteFunc(slices.Clone(points), func(point string) bool {
				rel, in := below.Rel(seen.Paths[p].Real, point)
				return !in || rel == "."
			})
		}
	}
	for _, f := range w.Trails {
		if trail, err := Trail(f); err == nil {
			seen.Trails[f] = trail
		}
	}
	for _, p := range w.Points {
		if link, out := escape(p); out {
			seen.Escapes[p] = link
		}
	}
	seen.Worktrees, seen.Borrowed = linkedWorktrees(w.Checkouts)
	return seen
}

// Read adds the content of the files that w wants and seen lacks, and what git says of the
// caller. What was judged is what is read: what LookAtPaths saw is opened by its real path,
// through no symlink that came since, and what it missed stays missing, whoever puts
// something there while a question is open.
func Read(w look.Wants, seen *look.Seen) {
	together := 0
	for _, f := range seen.Files {
		together += len(f.Data)
	}
	for _, f := range w.Files {
		if _, done := seen.Files[f]; done {
			continue
		}
		data, err := readJudged(f, seen)
		if together+len(data) > look.MaxFiles {
			data, err = nil, fmt.Errorf("together with the files before it, it is longer than %d bytes", look.MaxFiles)
		}
		together += len(data)
		seen.Files[f] = look.File{Data: data, Err: err}
	}
	if w.GitIdentity != "" && seen.GitIdentity == nil {
		seen.GitIdentity = gitIdentity(w.GitIdentity)
	}
}

func readJudged(file string, seen *look.Seen) ([]byte, error) {
	switch there, judged := seen.Paths[file]; {
	case !judged:
		return regular.Read(file, maxFile)
	case !there.Exists && there.Err == nil:
		return nil, syscall.ENOENT
	default:
		return regular.ReadReal(cmp.Or(there.Real, file), maxFile)
	}
}

// cause drops the operation and the path, which the message names itself.
func cause(err error) error {
	if call := (*os.SyscallError)(nil); errors.As(err, &call) {
		return call.Err
	}
	return hint.Cause(err)
}

// Real is a path without its symlinks, as far as it exists.
func Real(p string) string {
	for rest := ""; ; {
		if real, err := filepath.EvalSymlinks(p); err == nil {
			return filepath.Join(real, rest)
		}
		if p == filepath.Dir(p) {
			return filepath.Join(p, rest)
		}
		rest, p = filepath.Join(filepath.Base(p), rest), filepath.Dir(p)
	}
}

// InDir says whether a project, by its real path, is a directory or lies in it.
func InDir(project, dir string) bool {
	_, in := below.Rel(realPath(dir), project)
	return in
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

// Owns tells whether a file belongs to a user.
func Owns(info os.FileInfo, uid int) bool {
	owner, ok := ownerOf(info)
	return ok && owner == uid
}
