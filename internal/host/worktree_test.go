package host

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// checkout makes a main repository with one linked worktree by hand, as git
// worktree add lays them out, and returns the worktree and the common folder.
func checkout(t *testing.T) (worktree, common string) {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	worktree, common = filepath.Join(root, "wt"), filepath.Join(root, "main", ".git")
	write(t, filepath.Join(worktree, ".git"), "gitdir: "+common+"/worktrees/wt\n")
	write(t, filepath.Join(common, "worktrees", "wt", "gitdir"), worktree+"/.git\n")
	return worktree, common
}

func write(t *testing.T, path, data string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestWorktree(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(t *testing.T, worktree, common string)
		uid    int
		ok     bool
		err    string
	}{
		"linked": {ok: true},
		"relative, as with worktree.useRelativePaths": {ok: true, change: func(t *testing.T, worktree, common string) {
			write(t, filepath.Join(worktree, ".git"), "gitdir: ../main/.git/worktrees/wt\n")
			write(t, filepath.Join(common, "worktrees/wt/gitdir"), "../../../../wt/.git\n")
		}},
		"no worktree": {change: func(t *testing.T, worktree, common string) {
			if err := os.Remove(filepath.Join(worktree, ".git")); err != nil {
				t.Fatal(err)
			}
		}},
		"another checkout's": {err: "does not name this checkout", change: func(t *testing.T, worktree, common string) {
			write(t, filepath.Join(worktree, "../other/.git"), "")
			write(t, filepath.Join(common, "worktrees/wt/gitdir"), filepath.Join(worktree, "../other/.git"))
		}},
		"the home, with an archive unpacked in it": {err: "holds your home", change: func(t *testing.T, worktree, common string) {
			write(t, filepath.Join(worktree, "../home/.bashrc"), "")
			write(t, filepath.Join(worktree, "../worktrees/wt/gitdir"), filepath.Join(worktree, ".git"))
			write(t, filepath.Join(worktree, ".git"), "gitdir: "+filepath.Join(filepath.Dir(worktree), "worktrees/wt"))
		}},
		"no backlink": {err: "does not name this checkout", change: func(t *testing.T, worktree, common string) {
			if err := os.Remove(filepath.Join(common, "worktrees/wt/gitdir")); err != nil {
				t.Fatal(err)
			}
		}},
		"a folder with secrets": {err: "no worktree's folder", change: func(t *testing.T, worktree, common string) {
			write(t, filepath.Join(worktree, "../home/.ssh/id"), "secret")
			write(t, filepath.Join(worktree, ".git"), "gitdir: "+filepath.Join(worktree, "../home/.ssh"))
		}},
		"a symlink inside the project to secrets": {err: "no worktree's folder", change: func(t *testing.T, worktree, common string) {
			write(t, filepath.Join(worktree, "../home/.ssh/id"), "secret")
			if err := os.MkdirAll(filepath.Join(worktree, "x/worktrees"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink("../../../home/.ssh", filepath.Join(worktree, "x/worktrees/wt")); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(worktree, ".git"), "gitdir: x/worktrees/wt")
		}},
		"inside the project": {change: func(t *testing.T, worktree, common string) {
			write(t, filepath.Join(worktree, "x/worktrees/wt/gitdir"), worktree+"/.git")
			write(t, filepath.Join(worktree, "x/worktrees/wt/commondir"), "/root")
			write(t, filepath.Join(worktree, ".git"), "gitdir: x/worktrees/wt")
		}},
		"absolute, with .. in it": {err: `with ".." in it`, change: func(t *testing.T, worktree, common string) {
			write(t, filepath.Join(worktree, ".git"), "gitdir: "+worktree+"/../main/.git/worktrees/wt\n")
		}},
		"another user's": {uid: 4711, err: "belongs to another user"},
		"gone":           {err: "does not exist", change: func(t *testing.T, worktree, common string) { os.RemoveAll(common) }},
	} {
		t.Run(name, func(t *testing.T) {
			worktree, common := checkout(t)
			if tt.change != nil {
				tt.change(t, worktree, common)
			}
			uid := os.Getuid()
			if tt.uid != 0 {
				uid = tt.uid
			}
			got, err := Worktree(worktree, filepath.Join(worktree, "../home"), uid)
			if (got != nil) != tt.ok {
				t.Fatalf("got %+v, %v", got, err)
			}
			if tt.ok && got.CommonDir != common {
				t.Errorf("common folder %q, want %q", got.CommonDir, common)
			}
			if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
				t.Errorf("got error %v, want %q", err, tt.err)
			}
		})
	}
}
