package engine

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ctenv/internal/plan"
)

// tree lists what is below dir; folders end in a slash.
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
		there []string // folders end in a slash
		link  [2]string
		paths []plan.HostPath
		want  []string
		left  []string // after unmake
		err   string
	}{
		"a folder in folders": {
			paths: []plan.HostPath{{Rel: "a/b/c"}},
			want:  []string{"a/", "a/b/", "a/b/c/"},
		},
		"a file in a folder": {
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

			made, err := makeHostPaths(c.paths)
			if (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("got %v, want an error about %q", err, c.err)
			}
			if got := tree(t, root); !slices.Equal(got, c.want) {
				t.Errorf("there is %q, want %q", got, c.want)
			}
			unmake(made, nil)
			if got := tree(t, root); !slices.Equal(got, c.left) {
				t.Errorf("left is %q, want %q", got, c.left)
			}
		})
	}
}

func TestUnmakeKeepsWhatWasFilled(t *testing.T) {
	root := t.TempDir()
	made, err := makeHostPaths([]plan.HostPath{{Root: root, Rel: "d"}, {Root: root, Rel: "f", File: true}})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"d/x", "f"} {
		if err := os.WriteFile(filepath.Join(root, name), []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	unmake(made, nil)
	if got, want := tree(t, root), []string{"d/", "d/x", "f"}; !slices.Equal(got, want) {
		t.Errorf("left is %q, want %q", got, want)
	}
}

// TestUnmakeKeepsWhatOthersHave: the kernel lets a folder go that is a mount point in
// another container, and the mount with it.
func TestUnmakeKeepsWhatOthersHave(t *testing.T) {
	const list, look = "GET /containers/json", "GET /containers/other/json"
	for name, c := range map[string]struct {
		others  string              // the engine's list; %s is the folder that d was made in
		answers map[string][]answer // other than to list
		kept    bool
	}{
		"nobody":          {others: `[]`},
		"its folder":      {others: `[{"Id": "other", "Mounts": [{"Type": "bind", "Source": "%s"}]}]`, kept: true},
		"a folder above":  {others: `[{"Id": "other", "Mounts": [{"Type": "bind", "Source": "%s/.."}]}]`, kept: true},
		"what was made":   {others: `[{"Id": "other", "Mounts": [{"Type": "bind", "Source": "%s/d"}]}]`, kept: true},
		"by another name": {others: `[{"Id": "other", "Mounts": [{"Type": "bind", "Source": "%s/../link"}]}]`, kept: true},
		"beside it":       {others: `[{"Id": "other", "Mounts": [{"Type": "bind", "Source": "%s/x"}, {"Type": "volume", "Source": "/", "Name": "v"}]}]`},
		"one that goes":   {others: `[{"Id": "other", "State": "removing", "Mounts": [{"Type": "bind", "Source": "%s"}]}]`},
		"of the project":  {others: `[{"Id": "other", "Labels": {"se.osd.ctenv.project_dir": "%s"}, "Mounts": [{"Type": "bind", "Source": "/host_mnt/x"}]}]`, kept: true},
		"no mounts in the list": {
			others:  `[{"Id": "other"}]`,
			answers: map[string][]answer{look: {{200, `{"Mounts": [{"Type": "bind", "Source": "%s"}]}`}}}, kept: true,
		},
		"gone meanwhile": {
			others:  `[{"Id": "other"}]`,
			answers: map[string][]answer{look: {{404, `{"message": "No such container"}`}}},
		},
		"an engine that does not say": {
			others:  `[{"Id": "other"}]`,
			answers: map[string][]answer{look: {{500, `{"message": "no"}`}}}, kept: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("DOCKER_CONFIG", t.TempDir())
			dir := t.TempDir()
			root := filepath.Join(dir, "root")
			if err := os.Mkdir(root, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink("root", filepath.Join(dir, "link")); err != nil {
				t.Fatal(err)
			}
			made, err := makeHostPaths([]plan.HostPath{{Root: root, Rel: "d"}})
			if err != nil {
				t.Fatal(err)
			}
			answers := map[string][]answer{list: {{200, strings.ReplaceAll(c.others, "%s", root)}}}
			for call, all := range c.answers {
				answers[call] = []answer{{all[0].status, strings.ReplaceAll(all[0].body, "%s", root)}}
			}
			e := connect(t, newFake(answers))
			if err := e.ready(context.Background()); err != nil {
				t.Fatal(err)
			}
			r := &session{e: e, made: made}
			r.unmake(context.Background())
			if got, want := fmt.Sprint(tree(t, root)), map[bool]string{true: "[d/]", false: "[]"}[c.kept]; got != want {
				t.Errorf("left is %s, want %s", got, want)
			}
		})
	}
}
