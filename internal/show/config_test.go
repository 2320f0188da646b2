package show

import (
	"io"
	"os"
	"strings"
	"testing"

	"github.com/creack/pty"

	"ctenv/internal/config"
	"ctenv/internal/engine"
	"ctenv/internal/term"
)

// TestSettings: neither a value nor where it is from is cut, however narrow the terminal.
func TestSettings(t *testing.T) {
	file := &config.Source{Name: "/home/alice/src/shop/.ctenv.toml"}
	rows := []config.Row{
		{Key: "command", Value: `"make --no-print-directory all"`, Pos: config.Pos{Source: file, Line: 11, Col: 11}},
		{Key: "env", Value: `"CI"`, Pos: config.Pos{Source: &config.Source{Name: "/etc/ctenv.toml"}, Line: 2}},
	}
	for columns, want := range map[uint16]string{
		0: `KEY       VALUE                             FROM
command   "make --no-print-directory all"   /home/alice/src/shop/.ctenv.toml:11:11
env       "CI"                              /etc/ctenv.toml:2
`,
		80: `KEY       VALUE                             FROM
command   "make --no-print-directory all"   ~/src/shop/.ctenv.toml:11:11
env       "CI"                              /etc/ctenv.toml:2
`,
		50: `KEY       VALUE                FROM
command   "make --no-print-d   ~/src/shop/
          irectory all"        .ctenv.toml:11:11
env       "CI"                 /etc/ctenv.toml:2
`,
	} {
		if got := shown(t, columns, func(out *term.Console) error { return Settings(out, rows) }); got != want {
			t.Errorf("%d columns:\n%s", columns, got)
		}
	}
}

// TestList: by what is shown on a narrow terminal a container can be told and be named.
func TestList(t *testing.T) {
	found := []engine.Container{{ID: "f256e64c4e3dabcd", ProjectDir: "/home/alice/src/app", Container: "dev", Image: "ctenv-alice-app-dev:latest",
		Status: "Up Less than a second", Names: []string{"ctenv-home-alice-src-app-dev"}}}
	for columns, want := range map[uint16]string{
		0: `ID             PROJECT DIR           CONTAINER   IMAGE                        STATUS                  NAMES
f256e64c4e3d   /home/alice/src/app   dev         ctenv-alice-app-dev:latest   Up Less than a second   ctenv-home-alice-src-app-dev
`,
		80: `PROJECT DIR   CONTAINER   STATUS                  NAMES
~/src/app     dev         Up Less than a second   ctenv-home-alice-src-app-dev
`,
	} {
		if got := shown(t, columns, func(out *term.Console) error { return List(out, found, false) }); got != want {
			t.Errorf("%d columns:\n%s", columns, got)
		}
	}
}

// TestContainersInvalid: of a container that is wrong the place of the mistake is shown.
func TestContainersInvalid(t *testing.T) {
	file, err := config.Parse([]byte("[containers.a]\nimage = \"x\"\nnope = 1\n"), &config.Source{Name: "/p/.ctenv.toml"}, false)
	if err != nil {
		t.Fatal(err)
	}
	var cfg config.Config
	if err := cfg.Use([]*config.File{file}, ""); err != nil {
		t.Fatal(err)
	}
	got := shown(t, 0, func(out *term.Console) error { return Containers(out, &cfg, []string{"a"}) })
	if !strings.Contains(got, "invalid: ") || !strings.HasSuffix(got, "   /p/.ctenv.toml:3:1\n") || strings.Count(got, ".ctenv.toml") != 1 {
		t.Errorf("got\n%s", got)
	}
}

// shown is what print shows on a terminal, or without one.
func shown(t *testing.T, columns uint16, print func(*term.Console) error) string {
	from, to, err := os.Pipe()
	if columns > 0 {
		from, to, err = pty.Open()
	}
	if err == nil && columns > 0 {
		err = pty.Setsize(to, &pty.Winsize{Rows: 24, Cols: columns})
	}
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	if err := print(&term.Console{Stdout: to, Environ: []string{"HOME=/home/alice", "NO_COLOR=1"}}); err != nil {
		t.Fatal(err)
	}
	to.Close()
	text, _ := io.ReadAll(from) // of a terminal Linux ends it with EIO
	return strings.ReplaceAll(string(text), "\r", "")
}
