package show

import (
	"io"
	"os"
	"strings"
	"testing"

	"github.com/creack/pty"

	"ctenv/internal/config"
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
		if got := settings(t, columns, rows); got != want {
			t.Errorf("%d columns:\n%s", columns, got)
		}
	}
}

// settings are rows as they are shown on a terminal, or without one.
func settings(t *testing.T, columns uint16, rows []config.Row) string {
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
	if err := Settings(&term.Console{Stdout: to, Environ: []string{"HOME=/home/alice", "NO_COLOR=1"}}, rows); err != nil {
		t.Fatal(err)
	}
	to.Close()
	shown, _ := io.ReadAll(from) // of a terminal Linux ends it with EIO
	return strings.ReplaceAll(string(shown), "\r", "")
}
