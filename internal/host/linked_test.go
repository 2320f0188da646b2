package host

import (
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
		found, _ := linkedWorktrees(dirs)
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
	found, _ := linkedWorktrees([]string{root})
	var got []string
	for _, w := range found {
		got = append(got, w.Admin)
	}
	slices.Sort(got)
	slices.Sort(want)
	if first := found[0]; !slices.Equal(got, want) || !first.Module || first.Real != root || first.GitFile != root+"/.git" {
		t.Errorf("in %q: got %+v, want %q", root, found, want)
	}
	if got, _ := linkedWorktrees([]string{root + "/none", root + "/thief", root + "/one/.git"}); got != nil {
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
	if got := submodules(root + "/loop"); len(got) != 1 {
		t.Errorf("%d submodules, want one", len(got))
	}
	for dir, want := range map[string][]string{
		root:             {".git", "a/b/old/.git", "a/b/old/c/d/e/.git", "clone/.git", "vendor/bare.git", "vendor/clone/.git"},
		root + "/a":      {"a/b/deep/.git", "a/b/old/.git"},
		root + "/vendor": {"vendor/bare.git", "vendor/clone/.git"},
	} {
		var got []string
		for _, repo := range repositoriesIn(dir) {
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
	if got := repositoriesIn(root); !slices.Equal(got, []string{root + "/vendor/clone/.git"}) {
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
	_, borrowed := linkedWorktrees([]string{root + "/a"})
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
	_, borrowed = linkedWorktrees([]string{root + "/a"})
	if last := borrowed[len(borrowed)-1]; len(borrowed) != 2 || last.Err == nil || last.From != at(1)+"/objects" {
		t.Errorf("got %+v", borrowed)
	}
}
