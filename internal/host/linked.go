package host

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"ctenv/internal/look"
	"ctenv/internal/regular"
)

// The most that is looked at below a repository's "modules": a repository can have
// been written by anybody.
const (
	maxModuleDepth = 8
	maxModules     = 2000
	// maxChildren is how many entries of a directory are looked at, maxEntries how many of
	// those in one that is mounted, and maxLooks how many of these may be repositories.
	maxChildren = 1000
	maxEntries  = 4000
	maxLooks    = 1000
	// maxAlternates is how deep git follows a chain of alternates (object-file.c).
	maxAlternates = 5
)

// maxGitFile caps a file in which git wrote one path, in bytes.
const maxGitFile = 16 << 10

// linkedWorktrees finds the linked worktrees of the repositories that dirs are checkouts
// of, are themselves, or have in them, and of their submodules' (gitrepository-layout(5)).
// Those that are not there any more are left out: git may forget them. The second result is
// what these repositories hold elsewhere.
func linkedWorktrees(dirs []string) ([]look.LinkedWorktree, []look.BorrowedObjects) {
	w := worktrees{seen: map[string]bool{}}
	for _, dir := range dirs {
		for _, repo := range repositoriesIn(dir) {
			first := len(w.found)
			w.repository(repo, 0)
			w.together(repo, realPath(dir), first)
		}
	}
	return w.found, w.borrowed
}

// repositoriesIn are that of dir, those of its submodules, wherever they are, and those that
// lie in it or in a directory of it, themselves or with a checkout. No deeper, and no more
// than maxLooks: what is mounted may be large, and each start waits for this.
func repositoriesIn(dir string) (repos []string) {
	candidates := append([]string{dir}, submodules(dir)...)
	right, entries := children(dir)
	candidates = append(candidates, right...)
	// The first of each directory, then the second of each: a large one hides no other.
	var deeper [][]string
	for ; len(right) > 0 && entries < maxEntries; right = right[1:] {
		if filepath.Ext(right[0]) != ".git" {
			in, read := children(right[0])
			deeper, entries = append(deeper, in), entries+read
		}
	}
	for i, more := 0, true; more && len(candidates) < maxLooks; i++ {
		more = false
		for _, in := range deeper {
			if i < len(in) {
				candidates, more = append(candidates, in[i]), true
			}
		}
	}
	for _, at := range candidates[:min(len(candidates), maxLooks)] {
		if at != dir && filepath.Ext(at) != ".git" && unix.Access(filepath.Join(at, ".git"), unix.F_OK) != nil {
			continue
		}
		if repo := repository(at); repo != "" {
			repos = append(repos, repo)
		}
	}
	return repos
}

// submodules are the checkouts that dir, and they in turn, have by their files .gitmodules:
// one may have a git directory of its own.
func submodules(dir string) (dirs []string) {
	seen := map[string]bool{}
	for todo := []string{dir}; len(todo) > 0 && len(dirs) < maxModules; todo = todo[1:] {
		real := realPath(todo[0])
		if seen[real] {
			continue
		}
		seen[real] = true
		data, _ := regular.Read(filepath.Join(todo[0], ".gitmodules"), maxFile)
		for _, path := range configValues(string(data), "path", isSubmodule) {
			if filepath.IsLocal(path) && filepath.Clean(path) != "." {
				dirs = append(dirs, filepath.Join(todo[0], path))
				todo = append(todo, dirs[len(dirs)-1])
			}
		}
	}
	return dirs
}

func isSubmodule(head string) bool {
	section, _, _ := strings.Cut(head, " ")
	return strings.EqualFold(section, "submodule")
}

// children are the directories in dir, of its first entries, and how many these were.
func children(dir string) (dirs []string, read int) {
	f, err := os.OpenFile(dir, os.O_RDONLY|unix.O_NONBLOCK|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, 0
	}
	defer f.Close()
	entries, _ := f.ReadDir(maxChildren)
	for _, e := range entries {
		if e.IsDir() {
			dirs = append(dirs, filepath.Join(dir, e.Name()))
		}
	}
	return dirs, len(entries)
}

// together notes dir where repo and worktrees of it, those from first on, lie in it: they name
// each other by their paths on the host.
func (w *worktrees) together(repo, dir string, first int) {
	if inside(dir, repo) && slices.ContainsFunc(w.found[first:], func(l look.LinkedWorktree) bool {
		return !l.Module && inside(dir, l.Real) && filepath.IsAbs(l.GitFile)
	}) {
		w.found = slices.Insert(w.found, first, look.LinkedWorktree{Admin: repo, GitFile: filepath.Join(dir, ".git"), Real: dir, Module: true})
	}
}

// repository is the git directory that dir belongs to, with its symlinks resolved: of a
// linked worktree the common one.
func repository(dir string) string {
	at := dir
	if info, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
		at = filepath.Join(dir, ".git")
		if info.Mode().IsRegular() {
			text, ok := gitLink(at)
			if !ok {
				return ""
			}
			at = resolve(dir, text)
		}
	}
	real, err := filepath.EvalSymlinks(at)
	if err != nil {
		return ""
	}
	if common, ok := commonDir(real); ok {
		return common
	}
	if !isGitDir(real) {
		return ""
	}
	return real
}

// commonDir is the common directory of <common>/worktrees/<id>. A submodule, or a separate
// git directory, may have such a name as well.
func commonDir(gitDir string) (string, bool) {
	worktrees := filepath.Dir(gitDir)
	common := filepath.Dir(worktrees)
	return common, filepath.Base(worktrees) == "worktrees" && isGitDir(common)
}

// isGitDir is what git itself asks for (setup.c, is_git_directory).
func isGitDir(dir string) bool {
	for _, name := range []string{"objects", "refs"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || !info.IsDir() {
			return false
		}
	}
	info, err := os.Lstat(filepath.Join(dir, "HEAD"))
	return err == nil && !info.IsDir()
}

// worktrees is a walk through a repository and its submodules'.
type worktrees struct {
	found    []look.LinkedWorktree
	borrowed []look.BorrowedObjects
	seen     map[string]bool
	modules  int
}

func (w *worktrees) repository(repo string, depth int) {
	if w.seen[repo] {
		return
	}
	w.seen[repo] = true
	w.checkout(repo)
	w.borrows(repo)
	for _, id := range names(filepath.Join(repo, "worktrees")) {
		admin := filepath.Join(repo, "worktrees", id)
		w.worktree(admin)
		w.below(filepath.Join(admin, "modules"), depth)
	}
	w.below(filepath.Join(repo, "modules"), depth)
}

// below looks for the repositories of submodules, whose names may hold slashes.
func (w *worktrees) below(dir string, depth int) {
	if depth == maxModuleDepth {
		return
	}
	for _, name := range names(dir) {
		if w.modules++; w.modules > maxModules {
			return
		}
		module := filepath.Join(dir, name)
		if isGitDir(module) {
			w.repository(module, depth+1)
		} else {
			w.below(module, depth+1)
		}
	}
}

func (w *worktrees) worktree(admin string) {
	text, ok := readGitFile(filepath.Join(admin, "gitdir"))
	// Git writes no other name, and whoever else wrote it may want a file of his own
	// choice in the container.
	if !ok || filepath.Base(text) != ".git" {
		return
	}
	file := resolve(admin, text)
	if _, err := os.Lstat(file); os.IsNotExist(err) {
		return
	}
	w.found = append(w.found, look.LinkedWorktree{Admin: admin, GitFile: text, Real: realPath(filepath.Dir(file)),
		AdminSeen: stat(admin), NoteSeen: stat(filepath.Join(admin, "gitdir"))})
}

// checkout notes where the configuration of a submodule, or of a separate git directory,
// has its checkout.
func (w *worktrees) checkout(repo string) {
	tree, ok := coreWorktree(repo)
	if !ok {
		return
	}
	if info, err := os.Stat(resolve(repo, tree)); err == nil && info.IsDir() {
		w.found = append(w.found, look.LinkedWorktree{Admin: repo, GitFile: filepath.Join(tree, ".git"), Real: realPath(resolve(repo, tree)), Module: true})
	}
}

// borrows notes the repositories whose objects this one uses (clone --shared and
// --reference), and parts of it that are symlinks to another one's.
func (w *worktrees) borrows(repo string) {
	w.alternates(filepath.Join(repo, "objects"), 0)
	for _, name := range []string{"objects", "refs", "config"} {
		if target, err := os.Readlink(filepath.Join(repo, name)); err == nil {
			w.borrow(repo, target)
		}
	}
}

// borrow notes one of them. The result is "" where it is not there.
func (w *worktrees) borrow(from, path string) string {
	real, err := filepath.EvalSymlinks(resolve(from, path))
	if err != nil {
		return ""
	}
	w.borrowed = append(w.borrowed, look.BorrowedObjects{From: from, Path: path, Real: real})
	return real
}

// alternates notes whose objects a directory of objects uses, and whose these use in turn,
// as deep as git looks for them.
func (w *worktrees) alternates(objects string, depth int) {
	if w.seen[objects] || depth > maxAlternates {
		return
	}
	w.seen[objects] = true
	list := filepath.Join(objects, "info", "alternates")
	data, err := regular.Read(list, maxGitFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		w.borrowed = append(w.borrowed, look.BorrowedObjects{From: objects, Path: list, Err: cause(err)})
	}
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimRight(line, "\n"); line == "" || line[0] == '#' {
			continue
		}
		if real := w.borrow(objects, line); real != "" {
			w.alternates(real, depth+1)
		}
	}
}

// names are those of the directories in dir, which is no symlink itself: a repository must
// not show another one's as its own.
func names(dir string) []string {
	if info, err := os.Lstat(dir); err != nil || !info.IsDir() {
		return nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var dirs []string
	for _, e := range entries {
		if e.IsDir() {
			dirs = append(dirs, e.Name())
		}
	}
	return dirs
}

// gitLink is what a file ".git" names: a submodule's or a linked worktree's git
// directory, as it is written.
func gitLink(file string) (string, bool) {
	text, _ := readGitFile(file)
	return strings.CutPrefix(text, "gitdir: ")
}

// readGitFile reads a file that holds one path, as git does: without the ends of line
// after it.
func readGitFile(path string) (string, bool) {
	data, err := regular.Read(path, maxGitFile)
	if err != nil {
		return "", false
	}
	return strings.TrimRight(string(data), "\r\n"), true
}
