// Package host looks at the caller and the machine. It decides nothing and
// changes nothing.
package host

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"syscall"

	"github.com/moby/term"

	"ctenv/internal/below"
	"ctenv/internal/hint"
	"ctenv/internal/look"
	"ctenv/internal/owners"
	"ctenv/internal/procid"
	"ctenv/internal/regular"
	"ctenv/internal/tty"
)

// maxFile caps a file of variables, in bytes: all variables together get about
// 2 MiB from the kernel.
const maxFile = 4 << 20

// Probe looks at everything that a plan may depend on and that is cheap to see.
// The zero values of InitPlaces, Version, ProjectDir and Verbosity are the
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
	h.Background = h.StdinTTY && tty.InBackground(stdin)
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

// LookAtPaths answers what a plan wants to know of the file system, without opening a file: what
// may be read is not decided yet.
func LookAtPaths(w look.Wants) look.Seen {
	seen := look.Seen{Paths: map[string]look.Path{}, Files: map[string]look.File{}, Inner: map[string][]string{},
		Trails: map[string]owners.Trail{}, Escapes: map[look.Point]look.Link{}}
	// First: what is believed is what is there from then on, and what is missing stays so.
	for _, f := range w.Trails {
		trail, err := Trail(f)
		switch {
		case err == nil:
			seen.Trails[f] = trail
		case errors.Is(err, fs.ErrNotExist):
			seen.Paths[f] = look.Path{Real: Real(f)}
		default:
			seen.Paths[f] = look.Path{Err: cause(err)}
		}
	}
	for _, p := range w.Paths {
		lookAt(p, &seen)
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
	for _, points := range w.Points {
		for i, p := range points {
			lookAt(p.Root, &seen)
			if root := seen.Paths[p.Root]; !root.Exists && root.Err == nil && i < len(points)-1 {
				continue // optional, and left out
			}
			lookAt(path.Join(p.Root, p.Rel), &seen)
			if link, out := escape(p, os.Readlink); out {
				seen.Escapes[p] = link
			}
			break
		}
	}
	linked := linkedWorktrees(w.Checkouts)
	seen.Worktrees, seen.Borrowed, seen.MoreWorktrees = linked.found, linked.borrowed, linked.cut && linked.any
	return seen
}

// lookAt notes what is at p, once.
func lookAt(p string, seen *look.Seen) {
	if _, done := seen.Paths[p]; done {
		return
	}
	there := stat(p)
	there.ByGroup = byGroup(there)
	if !there.Exists && there.Err == nil {
		there.Real = Real(p)
	}
	seen.Paths[p] = there
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
	case there.Err != nil && len(seen.Trails[file]) == 0: // it could not be judged
		return nil, there.Err
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
	// Where a directory is there, those above it are: the deepest is searched by halves.
	p = filepath.Clean(p)
	var ends []int
	for i, c := range []byte(p) {
		if c == '/' && i > 0 {
			ends = append(ends, i)
		}
	}
	ends = append(ends, len(p))
	there := sort.Search(len(ends), func(i int) bool {
		_, err := evalSymlinks(p[:ends[i]])
		return err != nil
	})
	if there == 0 {
		return p
	}
	end := ends[there-1]
	real, err := evalSymlinks(p[:end])
	if err != nil {
		return p // removed meanwhile
	}
	return filepath.Join(real, p[end:])
}

// InDir says whether a project, by its real path, is a directory or lies in it.
func InDir(project, dir string) bool {
	_, in := below.Rel(realPath(dir), project)
	return in
}

func realPath(p string) string {
	real, err := evalSymlinks(p)
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
