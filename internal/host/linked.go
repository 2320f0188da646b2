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
	// maxAdmins is how many worktrees a repository's directory may note, the stale ones with
	// them, of which maxModules count.
	maxAdmins = 5 * maxModules
	// maxChildren is how many entries of a directory are looked at, maxEntries how many of
	// those in one that is mounted, and maxLooks how many of these may be repositories.
	maxChildren = 1000
	maxEntries  = 4000
	maxLooks    = 1000
	// allEntries and allLooks are those of all that is mounted, besides each directory itself.
	allEntries = 4 * maxEntries
	allLooks   = 4 * maxLooks
	// maxModulesFile caps a .gitmodules in bytes, maxText all of these and of the
	// repositories' configurations together.
	maxModulesFile = 256 << 10
	maxText        = 16 << 20
	// maxBorrowed is how many objects of others are looked for.
	maxBorrowed = 1000
	// maxAlternates is how deep git follows a chain of alternates (object-file.c).
	maxAlternates = 5
)

// maxGitFile caps a file in which git wrote one path, in bytes.
const maxGitFile = 16 << 10

// linkedWorktrees finds the linked worktrees of the repositories that dirs are checkouts
// of, are themselves, or have in them, and of their submodules' (gitrepository-layout(5)).
// Those that are not there any more are left out: git may forget them.
func linkedWorktrees(dirs []string) *worktrees {
	w := newWorktrees()
	w.in(dirs)
	return w
}

func (w *worktrees) in(dirs []string) {
	mounted := map[string]bool{}
	for _, dir := range dirs {
		real := realPath(dir)
		if mounted[real] {
			continue
		}
		mounted[real] = true
		for _, repo := range w.repositoriesIn(dir) {
			first := len(w.found)
			w.any = true
			w.repository(repo, 0)
			w.together(repo, real, first)
		}
	}
}

// repositoriesIn are that of dir, those of its submodules, wherever they are, and those that
// lie in it or in a directory of it, themselves or with a checkout. No deeper, and no more
// than maxLooks: what is mounted may be large, and each start waits for this.
func (w *worktrees) repositoriesIn(dir string) (repos []string) {
	candidates := append(w.submodules(dir), w.candidates(dir)...)
	if repo := repository(dir); repo != "" {
		repos = append(repos, repo)
	}
	most := min(maxLooks, allLooks-w.looks)
	w.cut = w.cut || most < min(len(candidates), maxLooks)
	for _, at := range candidates[:min(len(candidates), most)] {
		w.looks++
		if filepath.Ext(at) != ".git" && unix.Access(filepath.Join(at, ".git"), unix.F_OK) != nil {
			continue
		}
		if repo := repository(at); repo != "" {
			repos = append(repos, repo)
		}
	}
	return repos
}

// candidates are the directories in dir, and in these.
func (w *worktrees) candidates(dir string) (all []string) {
	most := min(w.entries+maxEntries, allEntries)
	if w.entries >= most {
		info, err := os.Stat(dir)
		w.cut = w.cut || err == nil && info.IsDir()
		return nil
	}
	all = w.children(dir)
	// The first of each directory, then the second of each: a large one hides no other.
	var deeper [][]string
	for _, right := range all {
		if filepath.Ext(right) != ".git" && w.entries < most {
			deeper = append(deeper, w.children(right))
		}
	}
	for i, more := 0, true; more && len(all) < maxLooks; i++ {
		more = false
		for _, in := range deeper {
			if i < len(in) {
				all, more = append(all, in[i]), true
			}
		}
	}
	return all
}

func (w *worktrees) children(dir string) []string {
	dirs, read := children(dir)
	w.entries += 1 + read // an empty one is work as well
	return dirs
}

// submodules are the checkouts that dir, and they in turn, have by their files .gitmodules:
// one may have a git directory of its own.
func (w *worktrees) submodules(dir string) (dirs []string) {
	for todo := []string{dir}; len(todo) > 0; todo = todo[1:] {
		real := realPath(todo[0])
		if w.listed[real] {
			continue
		}
		w.listed[real] = true
		// Git follows no symlink there either.
		text := w.text(filepath.Join(real, ".gitmodules"), maxModulesFile, regular.ReadReal)
		for _, path := range configValues(text, "path", isSubmodule) {
			if len(dirs) == maxModules {
				w.cut = true
				return dirs
			}
			if filepath.IsLocal(path) && filepath.Clean(path) != "." {
				dirs = append(dirs, filepath.Join(todo[0], path))
				todo = append(todo, dirs[len(dirs)-1])
			}
		}
	}
	return dirs
}

// text reads a file of a repository's, "" where there is none, or no more is read. What is
// repeated by links counts each time.
func (w *worktrees) text(path string, limit int, read func(path string, limit int) ([]byte, error)) string {
	data, err := read(path, min(limit, maxText-w.bytes))
	var long *regular.LongError
	w.cut = w.cut || errors.As(err, &long)
	w.bytes += len(data)
	return string(data)
}

func (w *worktrees) config(path string) string { return w.text(path, maxFile, regular.Read) }

func isSubmodule(head string) bool {
	section, _, _ := strings.Cut(head, " ")
	return strings.EqualFold(section, "submodule")
}

// children are the directories in dir, of its first entries, and how many these were.
func children(dir string) (dirs []string, read int) {
	names, read := entriesOf(dir, maxChildren)
	for _, name := range names {
		dirs = append(dirs, filepath.Join(dir, name))
	}
	return dirs, read
}

// entriesOf are the names of the directories among the first most entries of dir, and how
// many these were.
func entriesOf(dir string, most int) (names []string, read int) {
	f, err := os.OpenFile(dir, os.O_RDONLY|unix.O_NONBLOCK|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, 0
	}
	defer f.Close()
	entries, _ := f.ReadDir(most)
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names, len(entries)
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
	real, err := evalSymlinks(at)
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
	seen     map[string]bool    // repositories, and directories of objects
	listed   map[string]bool    // checkouts whose .gitmodules was read
	asked    map[[2]string]bool // what was looked for as borrowed: by whom, under which path
	cut      bool               // there is more, by which git goes, than is looked at
	any      bool               // a repository was found
	// What was done already.
	modules, trees, admins, entries, looks, bytes int
}

func newWorktrees() *worktrees {
	return &worktrees{seen: map[string]bool{}, listed: map[string]bool{}, asked: map[[2]string]bool{}}
}

func (w *worktrees) repository(repo string, depth int) {
	if w.seen[repo] {
		return
	}
	w.seen[repo] = true
	w.checkout(repo)
	w.borrows(repo)
	for _, id := range w.names(filepath.Join(repo, "worktrees"), maxAdmins) {
		if w.admins++; w.admins > maxAdmins || w.trees == maxModules {
			w.cut = true
			break
		}
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
	for _, name := range w.names(dir, maxModules) {
		if w.modules++; w.modules > maxModules {
			w.cut = true
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
	w.trees++
	w.found = append(w.found, look.LinkedWorktree{Admin: admin, GitFile: text, Real: realPath(filepath.Dir(file)),
		AdminSeen: stat(admin), NoteSeen: stat(filepath.Join(admin, "gitdir"))})
}

// checkout notes where the configuration of a submodule, or of a separate git directory,
// has its checkout.
func (w *worktrees) checkout(repo string) {
	tree, ok := coreWorktree(repo, w.config)
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

// borrow notes one of them. The result is "" where it is not there, or was looked for
// before.
func (w *worktrees) borrow(from, path string) string {
	if w.asked[[2]string{from, path}] || len(w.asked) == maxBorrowed {
		return ""
	}
	w.asked[[2]string{from, path}] = true
	real, err := evalSymlinks(resolve(from, path))
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
func (w *worktrees) names(dir string, most int) []string {
	if info, err := os.Lstat(dir); err != nil || !info.IsDir() {
		return nil
	}
	dirs, read := entriesOf(dir, most+1)
	w.cut = w.cut || read > most
	slices.Sort(dirs)
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
