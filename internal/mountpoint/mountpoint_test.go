package mountpoint

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ctenv/internal/plan"
)

// tree lists what is below dir; directories end in a slash.
func tree(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || p == dir {
			return err
		}
		rel, _ := filepath.Rel(dir, p)
		if d.IsDir() {
			rel += "/"
		}
		all = append(all, rel)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestHostPaths(t *testing.T) {
	for name, c := range map[string]struct {
		there []string // directories end in a slash
		link  [2]string
		paths []plan.HostPath
		want  []string
		left  []string // after unmake
		err   string
	}{
		"a directory in directories": {
			paths: []plan.HostPath{{Rel: "a/b/c"}},
			want:  []string{"a/", "a/b/", "a/b/c/"},
		},
		"a file in a directory": {
			paths: []plan.HostPath{{Rel: "a/f", File: true}},
			want:  []string{"a/", "a/f"},
		},
		"what exists stays": {
			there: []string{"a/", "a/f"},
			paths: []plan.HostPath{{Rel: "a/f", File: true}, {Rel: "a/b"}},
			want:  []string{"a/", "a/b/", "a/f"},
			left:  []string{"a/", "a/f"},
		},
		"a symlink inside": {
			there: []string{"real/"},
			link:  [2]string{"real", "link"},
			paths: []plan.HostPath{{Rel: "link/b"}},
			want:  []string{"link", "real/", "real/b/"},
			left:  []string{"link", "real/"},
		},
		"a symlink out": {
			link:  [2]string{"/etc", "link"},
			paths: []plan.HostPath{{Rel: "made"}, {Rel: "link/b"}},
			want:  []string{"link", "made/"},
			left:  []string{"link"},
			err:   "escapes",
		},
		"dots out": {
			paths: []plan.HostPath{{Rel: "../x"}},
			err:   "escapes",
		},
		"a file in the way": {
			there: []string{"a"},
			paths: []plan.HostPath{{Rel: "a/b"}},
			want:  []string{"a"},
			left:  []string{"a"},
			err:   "not a directory",
		},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			for _, p := range c.there {
				full := filepath.Join(root, p)
				var err error
				if strings.HasSuffix(p, "/") {
					err = os.Mkdir(full, 0o755)
				} else {
					err = os.WriteFile(full, nil, 0o644)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if c.link[0] != "" {
				if err := os.Symlink(c.link[0], filepath.Join(root, c.link[1])); err != nil {
					t.Fatal(err)
				}
			}
			for i := range c.paths {
				c.paths[i].Root = root
			}

			made, err := Make(c.paths)
			if (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("got %v, want an error about %q", err, c.err)
			}
			if got := tree(t, root); !slices.Equal(got, c.want) {
				t.Errorf("there is %q, want %q", got, c.want)
			}
			Unmake(made, nil)
			if got := tree(t, root); !slices.Equal(got, c.left) {
				t.Errorf("left is %q, want %q", got, c.left)
			}
		})
	}
}

func TestUnmakeKeepsWhatWasFilled(t *testing.T) {
	root := t.TempDir()
	made, err := Make([]plan.HostPath{{Root: root, Rel: "d"}, {Root: root, Rel: "f", File: true}})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"d/x", "f"} {
		if err := os.WriteFile(filepath.Join(root, name), []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	Unmake(made, nil)
	if got, want := tree(t, root), []string{"d/", "d/x", "f"}; !slices.Equal(got, want) {
		t.Errorf("left is %q, want %q", got, want)
	}
}

// Whoever can write to the project exchanges a directory in it for a symlink after it was
// looked at, and once more while the container runs.
func TestRootExchanged(t *testing.T) {
	project, others := t.TempDir(), t.TempDir()
	root := filepath.Join(project, "a")
	exchange := func(from, to string) {
		t.Helper()
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(others, from); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(root, 0o755); err != nil {
		t.Fatal(err)
	}
	made, err := Make([]plan.HostPath{{Root: root, Rel: "d"}, {Root: root, Rel: "f", File: true}})
	if err != nil || len(made) != 2 {
		t.Fatalf("made %v, error %v", made, err)
	}
	exchange(root, filepath.Join(project, "b"))
	if err := os.CopyFS(others, os.DirFS(filepath.Join(project, "b"))); err != nil {
		t.Fatal(err)
	}
	Unmake(made, nil)
	if got, want := tree(t, others), []string{"d/", "f"}; !slices.Equal(got, want) {
		t.Errorf("elsewhere is %q left, want %q", got, want)
	}
	if made, err := Make([]plan.HostPath{{Root: root, Rel: "new"}}); err == nil || len(made) > 0 {
		t.Errorf("made %v through a symlink, error %v", made, err)
	}
	if got, want := tree(t, others), []string{"d/", "f"}; !slices.Equal(got, want) {
		t.Errorf("elsewhere is %q made, want %q", got, want)
	}
}
