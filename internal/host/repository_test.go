package host

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ctenv/internal/look"
)

// checkout makes a main repository with one linked worktree by hand, as git
// worktree add lays them out, and returns the worktree and the common directory.
func checkout(t *testing.T) (worktree, common string) {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	worktree, common = filepath.Join(root, "wt"), filepath.Join(root, "main", ".git")
	write(t, filepath.Join(worktree, ".git"), "gitdir: "+common+"/worktrees/wt\n")
	write(t, filepath.Join(common, "worktrees", "wt", "gitdir"), worktree+"/.git\n")
	gitDir(t, common)
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

func TestRepository(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(t *testing.T, worktree, common string)
		uid    int
		ok     bool
		dir    string // beside the checkout, main/.git where it is ""
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
			gitDir(t, filepath.Dir(worktree))
			write(t, filepath.Join(worktree, "../worktrees/wt/gitdir"), filepath.Join(worktree, ".git"))
			write(t, filepath.Join(worktree, ".git"), "gitdir: "+filepath.Join(filepath.Dir(worktree), "worktrees/wt"))
		}},
		"no backlink": {err: "does not name this checkout", change: func(t *testing.T, worktree, common string) {
			if err := os.Remove(filepath.Join(common, "worktrees/wt/gitdir")); err != nil {
				t.Fatal(err)
			}
		}},
		"a directory with secrets": {err: "no repository", change: func(t *testing.T, worktree, common string) {
			write(t, filepath.Join(worktree, "../home/.ssh/id"), "secret")
			write(t, filepath.Join(worktree, ".git"), "gitdir: "+filepath.Join(worktree, "../home/.ssh"))
		}},
		"a symlink inside the project to secrets": {err: "no repository", change: func(t *testing.T, worktree, common string) {
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
		"a submodule, or a separate git directory": {err: "does not name this checkout", change: func(t *testing.T, worktree, common string) {
			write(t, filepath.Join(worktree, ".git"), "gitdir: ../main/.git")
		}},
		"the same, which names it": {ok: true, change: func(t *testing.T, worktree, common string) {
			write(t, filepath.Join(worktree, ".git"), "gitdir: ../main/.git")
			write(t, filepath.Join(common, "config"), "[core]\n\tworktree = ../../wt\n")
		}},
		"the same, by the name of a linked worktree's": {ok: true, dir: "x/worktrees/wt.git", change: func(t *testing.T, worktree, common string) {
			write(t, filepath.Join(worktree, ".git"), "gitdir: ../x/worktrees/wt.git")
			gitDir(t, filepath.Join(worktree, "../x/worktrees/wt.git"))
			write(t, filepath.Join(worktree, "../x/worktrees/wt.git/config"), "[core]\n\tworktree = ../../../wt\n")
		}},
		"a symlink": {ok: true, change: func(t *testing.T, worktree, common string) {
			if err := os.Remove(filepath.Join(worktree, ".git")); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(common, filepath.Join(worktree, ".git")); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(common, "config"), "[core]\n\tworktree = "+worktree)
		}},
		"no repository": {err: "no repository", change: func(t *testing.T, worktree, common string) {
			if err := os.Remove(filepath.Join(common, "HEAD")); err != nil {
				t.Fatal(err)
			}
		}},
		"above the project": {err: "holds the project", change: func(t *testing.T, worktree, common string) {
			above := filepath.Dir(worktree)
			gitDir(t, above)
			write(t, filepath.Join(above, "worktrees/wt/gitdir"), filepath.Join(worktree, ".git"))
			write(t, filepath.Join(worktree, ".git"), "gitdir: "+above+"/worktrees/wt")
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
			home := filepath.Join(worktree, "../home")
			if name == "above the project" {
				home = "/nowhere"
			}
			got := Repository(worktree, home, uid)
			if got == nil {
				got = &look.Repository{Inside: true}
			}
			if mounted := !got.Inside && got.Unproven == ""; mounted != tt.ok {
				t.Fatalf("got %+v", got)
			}
			if tt.dir != "" {
				common = filepath.Join(filepath.Dir(worktree), tt.dir)
			}
			if tt.ok && (got.Dir != common || realPath(resolve(worktree, got.Names[0].Path)) != common) {
				t.Errorf("repository %q by %q, want %q", got.Dir, got.Names[0].Path, common)
			}
			if (tt.err == "") != (got.Unproven == "") || !strings.Contains(got.Unproven, tt.err) {
				t.Errorf("unproven %q, want %q", got.Unproven, tt.err)
			}
		})
	}
}

// TestOtherCheckout: of a project that is none, a checkout around it or in it whose
// repository lies elsewhere is known, and never proven.
func TestOtherCheckout(t *testing.T) {
	worktree, common := checkout(t)
	root := filepath.Dir(worktree)
	write(t, filepath.Join(worktree, "sub/deep/x"), "")
	write(t, filepath.Join(root, "main/sub/x"), "")
	write(t, filepath.Join(root, "around/x"), "")
	if err := os.Rename(worktree, filepath.Join(root, "around/wt")); err != nil {
		t.Fatal(err)
	}
	worktree = filepath.Join(root, "around/wt")
	for project, want := range map[string]string{
		"around":             "in the project",
		"around/wt/sub":      "begins above the project",
		"around/wt/sub/deep": "begins above the project",
		"main":               "",
		"main/sub":           "",
		"":                   "",
	} {
		got := Repository(filepath.Join(root, project), filepath.Join(root, "home"), os.Getuid())
		switch {
		case want == "" && got != nil:
			t.Errorf("%q: got %+v", project, got)
		case want == "":
		case got == nil || !strings.Contains(got.Unproven, want) || got.File != worktree+"/.git" || got.Dir != common || got.Names[0].Path != common:
			t.Errorf("%q: got %+v, want %q", project, got, want)
		}
	}
	// Nobody looks above the home.
	if got := Repository(filepath.Join(worktree, "sub/deep"), filepath.Join(worktree, "sub"), os.Getuid()); got != nil {
		t.Errorf("above the home: got %+v", got)
	}
}
