package host

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// gitDir lays out what makes a directory a repository.
func gitDir(t *testing.T, dir string) {
	t.Helper()
	write(t, filepath.Join(dir, "HEAD"), "ref: refs/heads/main\n")
	for _, name := range []string{"objects", "refs"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

func TestLinkedWorktrees(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	repo := filepath.Join(root, "main/.git")
	gitDir(t, repo)
	gitDir(t, repo+"/modules/libs/a")
	gitDir(t, repo+"/worktrees/one/modules/b")
	admin := func(of, id, worktree string) string {
		write(t, filepath.Join(root, worktree, ".git"), "gitdir: "+of+"/worktrees/"+id+"\n")
		write(t, filepath.Join(of, "worktrees", id, "gitdir"), filepath.Join(root, worktree, ".git")+"\n")
		return filepath.Join(of, "worktrees", id)
	}
	want := []string{
		admin(repo, "one", "one"),
		admin(repo, "odd", "o d\td,:\""),
		admin(repo+"/modules/libs/a", "deep", "deep"),
		admin(repo+"/worktrees/one/modules/b", "deeper", "deeper"),
	}
	write(t, repo+"/worktrees/relative/gitdir", "../../../../relative/.git\n")
	write(t, root+"/relative/.git", "gitdir: ../main/.git/worktrees/relative\n")
	want = append(want, repo+"/worktrees/relative")

	// Nothing to keep alive, and nobody to wait for.
	write(t, repo+"/worktrees/gone/gitdir", root+"/gone/.git\n")
	write(t, repo+"/worktrees/empty/gitdir", "\n")
	for _, dir := range []string{"/worktrees/fifo", "/worktrees/none", "/modules/x"} {
		if err := os.MkdirAll(repo+dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := unix.Mkfifo(repo+"/worktrees/fifo/gitdir", 0o666); err != nil {
		t.Fatal(err)
	}
	write(t, root+"/named/.gitconfig", "")
	write(t, repo+"/worktrees/named/gitdir", root+"/named/.gitconfig\n")
	gitDir(t, root+"/thief/.git")
	if err := os.Symlink(repo+"/worktrees", root+"/thief/.git/worktrees"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("..", repo+"/modules/x/loop"); err != nil {
		t.Fatal(err)
	}

	for _, dirs := range [][]string{{root + "/main"}, {repo}, {root + "/one"}, {root + "/relative", root + "/main"}} {
		var got []string
		found := linkedWorktrees(dirs).found
		for _, w := range found {
			got = append(got, w.Admin)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", dirs, got, want)
		}
	}
	// Of what lies right in a directory, too, and of that itself, which all name by its path.
	want = append(want, repo)
	found := linkedWorktrees([]string{root}).found
	var got []string
	for _, w := range found {
		got = append(got, w.Admin)
	}
	slices.Sort(got)
	slices.Sort(want)
	if first := found[0]; !slices.Equal(got, want) || !first.Module || first.Real != root || first.GitFile != root+"/.git" {
		t.Errorf("in %q: got %+v, want %q", root, found, want)
	}
	if got := linkedWorktrees([]string{root + "/none", root + "/thief", root + "/one/.git"}).found; got != nil {
		t.Errorf("no repository: got %+v", got)
	}
}

// TestRepositoriesIn: a mounted directory has repositories that lie in it, too, whatever it is itself.
func TestRepositoriesIn(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, repo := range []string{".git", "clone/.git", "vendor/clone/.git", "vendor/bare.git", "a/b/old/.git", "a/b/old/c/d/e/.git", "a/b/deep/.git"} {
		gitDir(t, filepath.Join(root, repo))
	}
	write(t, root+"/.gitmodules", "[submodule \"x\"]\n\tpath = a/b/old\n[submodule \"y\"]\n\tpath = ../out\n\tpath = a/none\n[other]\npath = a/b/deep\n")
	write(t, root+"/a/b/old/.gitmodules", "[submodule \"z\"]\n\tpath = c/d/e\n")
	// A symlink to a checkout itself is not one submodule more at each look.
	write(t, root+"/loop/.gitmodules", "[submodule \"x\"]\n\tpath = x\n")
	if err := os.Symlink(".", root+"/loop/x"); err != nil {
		t.Fatal(err)
	}
	if got := newWorktrees().submodules(root + "/loop"); len(got) != 1 {
		t.Errorf("%d submodules, want one", len(got))
	}
	for dir, want := range map[string][]string{
		root:             {".git", "a/b/old/.git", "a/b/old/c/d/e/.git", "clone/.git", "vendor/bare.git", "vendor/clone/.git"},
		root + "/a":      {"a/b/deep/.git", "a/b/old/.git"},
		root + "/vendor": {"vendor/bare.git", "vendor/clone/.git"},
	} {
		var got []string
		for _, repo := range newWorktrees().repositoriesIn(dir) {
			rel, _ := filepath.Rel(root, repo)
			got = append(got, rel)
		}
		slices.Sort(got)
		if got = slices.Compact(got); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", dir, got, want)
		}
	}
}

// TestRepositoriesInLarge: a large directory hides no other, and is not walked.
func TestRepositoriesInLarge(t *testing.T) {
	root := realPath(t.TempDir())
	for _, dir := range []string{"a", "b", "c"} {
		for n := range maxChildren {
			if err := os.MkdirAll(filepath.Join(root, dir, strconv.Itoa(n)), 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	gitDir(t, root+"/vendor/clone/.git")
	if got := newWorktrees().repositoriesIn(root); !slices.Equal(got, []string{root + "/vendor/clone/.git"}) {
		t.Errorf("got %q", got)
	}
}

// TestAlternates: objects are borrowed along a chain, as far as git follows it.
func TestAlternates(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	at := func(n int) string { return filepath.Join(root, string(rune('a'+n)), ".git") }
	for n := range 9 {
		gitDir(t, at(n))
		write(t, at(n)+"/objects/info/alternates", at(n+1)+"/objects\n")
	}
	write(t, at(2)+"/objects/info/alternates", "# back\n../../../a/.git/objects\n"+at(3)+"/objects\n")
	borrowed := linkedWorktrees([]string{root + "/a"}).borrowed
	var got []string
	for _, b := range borrowed {
		got = append(got, b.Real)
	}
	var want []string
	for _, n := range []int{1, 2, 0, 3, 4, 5, 6} {
		want = append(want, at(n)+"/objects")
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}

	write(t, at(1)+"/objects/info/alternates", strings.Repeat("#", maxGitFile+1))
	borrowed = linkedWorktrees([]string{root + "/a"}).borrowed
	if last := borrowed[len(borrowed)-1]; len(borrowed) != 2 || last.Err == nil || last.From != at(1)+"/objects" {
		t.Errorf("got %+v", borrowed)
	}
}

// TestLookedAtOnce: a directory that is mounted at many places is looked at once, and many
// directories cost no more than a few do; each itself is looked at all the same.
func TestLookedAtOnce(t *testing.T) {
	root := realPath(t.TempDir())
	write(t, root+"/.gitmodules", "[submodule \"x\"]\n\tpath = x\n")
	gitDir(t, root+"/x/.git")
	if err := os.Symlink(root, root+"/again"); err != nil {
		t.Fatal(err)
	}
	once := newWorktrees()
	once.in([]string{root})
	w := newWorktrees()
	w.in(slices.Repeat([]string{root, root + "/again", root + "/x/.."}, 100))
	if w.looks != once.looks || w.entries != once.entries || w.bytes != once.bytes || w.looks == 0 || w.bytes == 0 {
		t.Errorf("mounted often: %d looks, %d entries, %d bytes; once: %d, %d, %d", w.looks, w.entries, w.bytes, once.looks, once.entries, once.bytes)
	}

	var dirs []string
	for n := range 10 {
		dirs = append(dirs, filepath.Join(root, "many", strconv.Itoa(n)))
		for m := range maxChildren {
			if err := os.MkdirAll(filepath.Join(dirs[n], strconv.Itoa(m)), 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	last := dirs[len(dirs)-1]
	gitDir(t, last+"/.git")
	write(t, root+"/linked/.git", "")
	write(t, last+"/.git/worktrees/l/gitdir", root+"/linked/.git\n")
	w = newWorktrees()
	w.in(dirs)
	if most := allEntries + 2*maxChildren; w.looks > allLooks || w.entries > most {
		t.Errorf("many: %d looks, %d entries", w.looks, w.entries)
	}
	if len(w.found) == 0 || w.found[0].Admin != last+"/.git/worktrees/l" {
		t.Errorf("the last directory's: %+v", w.found)
	}
}

// TestSubmodulesCapped: what the files .gitmodules say, and how many there are, costs up to a size.
func TestSubmodulesCapped(t *testing.T) {
	root := realPath(t.TempDir())
	paths := func(n int) string {
		var b strings.Builder
		b.WriteString("[submodule \"x\"]\n")
		for i := range n {
			b.WriteString("path = " + strconv.Itoa(i) + "\n")
		}
		return b.String()
	}
	write(t, root+"/wide/.gitmodules", paths(3*maxModules))
	if got := newWorktrees().submodules(root + "/wide"); len(got) != maxModules {
		t.Errorf("%d submodules of one file", len(got))
	}
	write(t, root+"/linked/.gitmodules", paths(100))
	write(t, root+"/full/.gitmodules", paths(100))
	large := "[submodule \"x\"]\npath = x\n" + strings.Repeat("#", maxModulesFile-100)
	write(t, root+"/large", large)
	for i := range 100 {
		for _, dir := range []string{"linked", "full"} {
			if err := os.Mkdir(filepath.Join(root, dir, strconv.Itoa(i)), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		at := strconv.Itoa(i) + "/.gitmodules"
		if err := errors.Join(os.Symlink(root+"/large", filepath.Join(root, "linked", at)), os.Link(root+"/large", filepath.Join(root, "full", at))); err != nil {
			t.Fatal(err)
		}
	}
	w := newWorktrees()
	if got := w.submodules(root + "/linked"); len(got) != 100 || w.bytes != len(paths(100)) {
		t.Errorf("by symlinks: %d submodules, %d bytes", len(got), w.bytes)
	}
	w = newWorktrees()
	if got := w.submodules(root + "/full"); len(got) <= 100 || w.bytes > maxText {
		t.Errorf("together: %d submodules, %d bytes", len(got), w.bytes)
	}
	write(t, root+"/.gitmodules", large+strings.Repeat("#", 100))
	if got := newWorktrees().submodules(root); got != nil {
		t.Errorf("of a file that is too long: %q", got)
	}
}

// TestConfigsCapped: one large configuration that many repositories link to is not parsed
// for each.
func TestConfigsCapped(t *testing.T) {
	root := realPath(t.TempDir())
	write(t, root+"/config", strings.Repeat("#", maxFile-1))
	for i := range 10 {
		repo := filepath.Join(root, strconv.Itoa(i), ".git")
		gitDir(t, repo)
		if err := os.Symlink(root+"/config", repo+"/config"); err != nil {
			t.Fatal(err)
		}
	}
	w := newWorktrees()
	w.in([]string{root})
	if w.bytes > maxText || len(w.seen) < 10 {
		t.Errorf("%d bytes of %d repositories", w.bytes, len(w.seen))
	}
}

// TestAlternatesCapped: a line that is repeated is one, and many are looked for up to a number.
func TestAlternatesCapped(t *testing.T) {
	root := realPath(t.TempDir())
	gitDir(t, root+"/same/.git")
	write(t, root+"/same/.git/objects/info/alternates", strings.Repeat(".\n", maxGitFile/2))
	w := newWorktrees()
	w.in([]string{root + "/same"})
	if len(w.asked) != 1 || len(w.borrowed) != 1 {
		t.Errorf("one line: %d looks, %d found", len(w.asked), len(w.borrowed))
	}
	gitDir(t, root+"/many/.git")
	var lines strings.Builder
	for i := range 2 * maxBorrowed {
		lines.WriteString(strings.Repeat("./", i%2) + "." + strings.Repeat("/", i/2%4) + strconv.Itoa(i) + "\n")
	}
	write(t, root+"/many/.git/objects/info/alternates", lines.String())
	w = newWorktrees()
	w.in([]string{root + "/many"})
	if len(w.asked) != maxBorrowed || len(w.borrowed) > maxBorrowed {
		t.Errorf("many lines: %d looks, %d found", len(w.asked), len(w.borrowed))
	}
}

// TestWorktreesCapped: what comes after goes by each worktree and each mount.
func TestWorktreesCapped(t *testing.T) {
	root := realPath(t.TempDir())
	gitDir(t, root+"/main/.git")
	write(t, root+"/linked/.git", "")
	for i := range maxModules + 50 {
		write(t, filepath.Join(root, "main/.git/worktrees", strconv.Itoa(i), "gitdir"), root+"/linked/.git\n")
	}
	if got := linkedWorktrees([]string{root + "/main"}); len(got.found) != maxModules || !got.cut {
		t.Errorf("%d worktrees, cut %v", len(got.found), got.cut)
	}
	gitDir(t, root+"/second/.git")
	write(t, root+"/second/.git/worktrees/w/gitdir", root+"/linked/.git\n")
	if got := linkedWorktrees([]string{root + "/main", root + "/second"}); len(got.found) != maxModules || !got.cut {
		t.Errorf("%d worktrees of two, cut %v", len(got.found), got.cut)
	}
}

// TestStaleWorktrees: those that are gone take no place from those that are there.
func TestStaleWorktrees(t *testing.T) {
	root := realPath(t.TempDir())
	gitDir(t, root+"/main/.git")
	write(t, root+"/linked/.git", "")
	for i := range maxModules + 50 {
		write(t, filepath.Join(root, "main/.git/worktrees", strconv.Itoa(i), "gitdir"), root+"/gone/.git\n")
	}
	write(t, root+"/main/.git/worktrees/z/gitdir", root+"/linked/.git\n")
	if got := linkedWorktrees([]string{root + "/main"}); len(got.found) != 1 || got.cut {
		t.Errorf("%d worktrees, cut %v", len(got.found), got.cut)
	}
}

// TestNotAllLookedAt: what is too large to be looked at is noted.
func TestNotAllLookedAt(t *testing.T) {
	root := realPath(t.TempDir())
	gitDir(t, root+"/small/.git")
	write(t, root+"/small/.gitmodules", "[submodule \"x\"]\npath = x\n")
	if linkedWorktrees([]string{root + "/small"}).cut {
		t.Error("a small one")
	}
	write(t, root+"/large/.gitmodules", strings.Repeat("#", maxModulesFile+1))
	if !linkedWorktrees([]string{root + "/large"}).cut {
		t.Error("a large .gitmodules")
	}
	w := newWorktrees()
	w.entries = allEntries
	if w.in([]string{root + "/small"}); !w.cut {
		t.Error("a mount after large ones")
	}
	w = newWorktrees()
	w.entries = allEntries
	if w.in([]string{root + "/small/.gitmodules"}); w.cut || w.any {
		t.Error("a file after large ones")
	}
	w = newWorktrees()
	w.looks = allLooks
	if w.in([]string{root + "/small"}); !w.cut {
		t.Error("directories after many")
	}
}
