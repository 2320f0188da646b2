package missing

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ctenv/internal/config"
	"ctenv/internal/configfile"
	"ctenv/internal/expand"
	"ctenv/internal/host"
	"ctenv/internal/testfiles"
)

// TestExchangedWhileMade: a container of the project that puts a symlink where a missing
// directory was judged gets nothing mounted that was not.
func TestExchangedWhileMade(t *testing.T) {
	for name, c := range map[string]struct {
		link, to string // below the project, and where it leads to
		why      string // what the error has, "" for none
	}{
		"nobody does":            {},
		"the directory, out":     {"data/deep", "../../home/.ssh", `"deep" in `},
		"the directory, inside":  {"data/deep", ".", `data/deep" was exchanged`},
		"a directory above, out": {"data", "../home", "data/deep"},
		"one above, inside":      {"data", "other", "was exchanged"},
		"by a file":              {"data/deep", "", "data/deep"},
	} {
		t.Run(name, func(t *testing.T) {
			root, err := filepath.EvalSymlinks(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			project, home := filepath.Join(root, "p"), filepath.Join(root, "home")
			testfiles.Put(t, root, map[string]string{"p/other/": "", "home/.ssh/": "", "home/deep/": "",
				"p/.ctenv.toml": "[containers.a]\nimage = \"x\"\nvolumes = [\"./data/deep:/x:create\"]\n"})
			draft := draftIn(t, project, home)
			seen := host.LookAtPaths(draft.Wants())
			if c.link != "" {
				exchange(t, filepath.Join(project, c.link), c.to)
			}
			err = Make(draft, &seen)
			made := filepath.Join(project, "data", "deep")
			there := seen.Paths[made]
			switch {
			case c.why == "":
				if err != nil || !there.Dir || there.Real != made {
					t.Errorf("%+v, %v", there, err)
				}
			case err == nil || !strings.Contains(err.Error(), c.why) || strings.Contains(err.Error(), "\n"):
				t.Errorf("it is mounted from %q; error %v, want one about %q", there.Real, err, c.why)
			case there.Exists:
				t.Errorf("%q is noted", there.Real)
			}
		})
	}
}

// exchange puts a symlink to a place at p, or a file where to is "".
func exchange(t *testing.T, p, to string) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(p), 0o755)
	if err == nil && to == "" {
		err = os.WriteFile(p, nil, 0o644)
	} else if err == nil {
		err = os.Symlink(to, p)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// draftIn is the draft of the container a of a project's file.
func draftIn(t *testing.T, project, home string) *expand.Draft {
	t.Helper()
	cfg, err := configfile.Load(configfile.Options{Cwd: project, Home: home})
	if err != nil {
		t.Fatal(err)
	}
	c, err := cfg.Resolve("a", config.Container{})
	if err != nil {
		t.Fatal(err)
	}
	h, err := host.Probe([]string{"HOME=" + home, "USER=alice"}, os.Stdin, os.Stdout, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	host.SetProject(&h, project)
	draft, err := expand.Run(c, h, nil)
	if err != nil {
		t.Fatal(err)
	}
	return draft
}
