package decide_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ctenv/internal/config"
	"ctenv/internal/decide"
	"ctenv/internal/expand"
	"ctenv/internal/look"
	"ctenv/internal/testfiles"
)

// A file that is named a thousand times is read into variables as often: not where that takes
// all time.
func TestFileNamedOften(t *testing.T) {
	for times, want := range map[int]bool{10: true, 900: false} {
		dir := t.TempDir()
		testfiles.Put(t, dir, map[string]string{"vars": strings.Repeat("A=1\n", 20_000)})
		list := "[" + strings.Repeat("'vars',", times) + "]"
		draft, err := expand.Run(resolved(t, dir, "[containers.dev]\nimage = 'debian'\nenv_file = "+list, "dev"), alice(dir), nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = decide.Plan(draft, lookAndRead(draft.Wants()), look.Facts{})
		mistake, ok := err.(*config.Error)
		if want && err != nil || !want && (!ok || mistake.Pos.Line != 3 || !strings.Contains(err.Error(), "together")) {
			t.Errorf("%d times: %v", times, err)
		}
	}
}

// A name that stands alone in a file for --env-file passes the caller's variable where that is
// asked about, and so not in a file that a project's file names elsewhere: its yes is one to a path.
func TestNamesInFilesElsewhere(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(root, "app")
	testfiles.Put(t, root, map[string]string{"common/vars": "A=1\nTOKEN\nUNSET\n", "app/vars": "B=1\nTOKEN\n"})
	if err := os.Symlink("../common/vars", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ file, set, warns string }{
		{"vars", "B=1 TOKEN=s3cret", ""},
		{"../common/vars", "A=1", `common/vars" lies outside of the project and passes no variable of yours (TOKEN)`},
		{"link", "A=1", `link" lies outside of the project and passes no variable of yours (TOKEN)`},
	} {
		for _, own := range []bool{false, true} {
			c := resolved(t, dir, "[containers.dev]\nimage = 'debian'\nrun_args = ['--env-file="+tt.file+"']", "dev")
			c.RunArgs[0].Pos.Source.Project = !own
			h := alice(dir)
			h.HideEnv = false
			draft, err := expand.Run(c, h, nil)
			if err != nil {
				t.Fatal(err)
			}
			p, err := decide.Plan(draft, lookAndRead(draft.Wants()), look.Facts{})
			if err != nil {
				t.Fatal(err)
			}
			var set []string
			for _, v := range p.Env {
				if v.FromHost {
					set = append(set, v.Name+"="+v.Value)
				}
			}
			got, warned, want := strings.Join(set, " "), strings.Join(p.Warnings, "\n"), tt.set
			if own && tt.warns != "" {
				want, tt.warns = "A=1 TOKEN=s3cret", ""
			}
			if got != want || !strings.Contains(warned, tt.warns) || tt.warns == "" && warned != "" {
				t.Errorf("%s, own %v: %s, want %s; %s", tt.file, own, got, want, warned)
			}
		}
	}
}
