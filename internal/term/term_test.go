package term

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
)

func TestWidth(t *testing.T) {
	for s, want := range map[string]int{
		"": 0, "abc": 3, "é": 1, "e\u0301": 1, "日本": 4, "한글": 4, "🚀": 2, "👩‍🚀": 2, "…": 1, "ﾊﾝ": 2, "ＡＢ": 4,
		"👍🏽": 2, "🇩🇪": 2, "é\u200b": 1, "\uac01": 2, "\u1100\u1161\u11a8": 2, "\u00ad": 1,
	} {
		if got := Width(s); got != want {
			t.Errorf("Width(%q) = %d, want %d", s, got, want)
		}
	}
}

func TestOneLine(t *testing.T) {
	for s, want := range map[string]string{
		"plain é 日本 🚀":    "plain é 日本 🚀",
		"a\nb\tc\x1b[31m": `a\nb\tc\x1b[31m`,
		"\u009b31m":       `\u009b31m`,
		"a\u202egpj":      `a\u202egpj`,
		"bad \xff byte":   `bad \xff byte`,
		"\uFFFD":          "\uFFFD",
		"\x7f":            `\x7f`,
	} {
		if got := OneLine(s); got != want {
			t.Errorf("OneLine(%q) = %q, want %q", s, got, want)
		}
	}
}

func TestCut(t *testing.T) {
	for _, tt := range []struct {
		s          string
		columns    int
		end, start string
	}{
		{"abcdef", 6, "abcdef", "abcdef"},
		{"abcdef", 4, "abc…", "…def"},
		{"日本語日本語", 7, "日本語…", "…日本語"},
		{"e\u0301e\u0301e\u0301", 2, "e\u0301…", "…e\u0301"},
		{"日本語日本語", 6, "日本…", "…本語"},
	} {
		if got := cutEnd(tt.s, tt.columns); got != tt.end {
			t.Errorf("cutEnd(%q, %d) = %q, want %q", tt.s, tt.columns, got, tt.end)
		}
		got := cutStart(tt.s, tt.columns)
		if got != tt.start {
			t.Errorf("cutStart(%q, %d) = %q, want %q", tt.s, tt.columns, got, tt.start)
		}
		if Width(got) > tt.columns {
			t.Errorf("cutStart(%q, %d) = %q takes %d", tt.s, tt.columns, got, Width(got))
		}
	}
}

func TestWrap(t *testing.T) {
	got := Wrap("one two three four", 9, "  ")
	if want := "one two\n  three\n  four"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second:     "less than a second",
		2 * time.Second:  "2 seconds",
		3 * time.Minute:  "3 minutes",
		61 * time.Minute: "about an hour",
		50 * time.Hour:   "2 days",
	} {
		if got := Duration(d); got != want {
			t.Errorf("Duration(%v) = %q, want %q", d, got, want)
		}
	}
}

func table(o *Output) string {
	var b strings.Builder
	o.w = &b
	t := o.Table(Column{Head: "ID"}, Column{"PROJECT DIR", CutStart}, Column{"STATUS", CutEnd})
	t.Text("1", "/home/alice/src/日本語", "Up 3 minutes")
	t.Row(Cell{Text: "22"}, Cell{Text: "/p"}, Cell{"Exited\n", Red})
	t.Text("3", "", "é")
	if err := t.Print(); err != nil {
		return err.Error()
	}
	return b.String()
}

func TestTable(t *testing.T) {
	for _, tt := range []struct {
		name string
		out  Output
		want string
	}{
		{"piped", Output{}, `ID   PROJECT DIR              STATUS
1    /home/alice/src/日本語   Up 3 minutes
22   /p                       Exited\n
3                             é
`},
		{"narrow", Output{columns: 30}, `ID   PROJECT DIR   STATUS
1    …src/日本語   Up 3 minut…
22   /p            Exited\n
3                  é
`},
		{"colours", Output{colour: true}, "\x1b[1mID\x1b[0m   \x1b[1mPROJECT DIR\x1b[0m              \x1b[1mSTATUS\x1b[0m\n" +
			"1    /home/alice/src/日本語   Up 3 minutes\n" +
			"22   /p                       \x1b[31mExited\\n\x1b[0m\n" +
			"3                             é\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := table(&tt.out)
			if got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
			for line := range strings.Lines(got) {
				if n := Width(strings.TrimSuffix(line, "\n")); tt.out.columns > 0 && n > tt.out.columns {
					t.Errorf("%q takes %d columns", line, n)
				}
			}
		})
	}
}

func TestNew(t *testing.T) {
	ptmx, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer ptmx.Close()
	defer tty.Close()
	if err := pty.Setsize(tty, &pty.Winsize{Rows: 24, Cols: 57}); err != nil {
		t.Fatal(err)
	}
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, tt := range []struct {
		name    string
		f       *os.File
		env     map[string]string
		colour  bool
		columns int
	}{
		{"terminal", tty, nil, true, 57},
		{"NO_COLOR", tty, map[string]string{"NO_COLOR": "1"}, false, 57},
		{"empty NO_COLOR", tty, map[string]string{"NO_COLOR": ""}, true, 57},
		{"dumb", tty, map[string]string{"TERM": "dumb"}, false, 57},
		{"file", file, nil, false, 0},
	} {
		o := New(tt.f, func(name string) string { return tt.env[name] })
		if o.colour != tt.colour || o.Columns() != tt.columns {
			t.Errorf("%s: colour %t, columns %d", tt.name, o.colour, o.Columns())
		}
	}
}
