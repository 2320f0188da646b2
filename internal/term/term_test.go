package term

import (
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"

	"ctenv/internal/hidden"
)

func TestWidth(t *testing.T) {
	for s, want := range map[string]int{
		"": 0, "abc": 3, "é": 1, "e\u0301": 1, "日本": 4, "한글": 4, "🚀": 2, "👩‍🚀": 2, "…": 1, "ﾊﾝ": 2, "ＡＢ": 4,
		"👍🏽": 2, "🇩🇪": 2, "é\u200b": 1, "\uac01": 2, "\u1100\u1161\u11a8": 2,
	} {
		if got := Width(s); got != want {
			t.Errorf("Width(%q) = %d, want %d", s, got, want)
		}
	}
}

func TestOneLine(t *testing.T) {
	for s, want := range map[string]string{
		"plain é 日本 🚀":      "plain é 日本 🚀",
		"a\nb\tc\x1b[31m":   `a\nb\tc\x1b[31m`,
		"\u009b31m":         `\u009b31m`,
		"a\u202egpj":        `a\u202egpj`,
		"bad \xff byte":     `bad \xff byte`,
		"\uFFFD":            "\uFFFD",
		"\x7f":              `\x7f`,
		"a\u200eb\u200fc":   `a\u200eb\u200fc`, // marks of direction
		"a\u061cb\u2069c":   `a\u061cb\u2069c`,
		"a\u200bb\ufeffc":   `a\u200bb\ufeffc`, // nothing is seen of these
		"a\U000e0041\u3164": `a\U000e0041\u3164`,
		"👩\u200d💻 न\u094d\u200dय \u0601": "👩\u200d💻 न\u094d\u200dय \u0601",
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
	got := Wrap("one two three four fives", 10, "  ")
	if want := "one two\n  three four\n  fives"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestConsole: what is said on a terminal fits it, and stays a line where it is piped.
func TestConsole(t *testing.T) {
	ptmx, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer ptmx.Close()
	defer tty.Close()
	if err := pty.Setsize(tty, &pty.Winsize{Rows: 24, Cols: 30}); err != nil {
		t.Fatal(err)
	}
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, f := range []*os.File{tty, file} {
		c := Console{Stderr: f, Environ: []string{"NO_COLOR=1"}}
		c.Say("removed network %s", "a-name\nof-some-length")
		c.Warn("something is not as it was")
		c.Fail(errors.New("no such thing as the one named"), "leave it out; name another one: ctenv run another")
	}
	const piped = `[ctenv] removed network a-name\nof-some-length
[ctenv] warning: something is not as it was
error: no such thing as the one named
hint: leave it out; name another one: ctenv run another
`
	const shown = `[ctenv] removed network
        a-name\nof-some-length
[ctenv] warning: something is
                 not as it was
error: no such thing as the
       one named
hint: leave it out;
      name another one:
      ctenv run another
`
	if got, err := os.ReadFile(file.Name()); err != nil || string(got) != piped {
		t.Errorf("piped, %v:\n%s", err, got)
	}
	tty.Close()
	screen, _ := io.ReadAll(ptmx) // Linux ends it with EIO
	if got := strings.ReplaceAll(string(screen), "\r", ""); got != shown {
		t.Errorf("on a terminal:\n%s", got)
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
	t := o.Table(Column{Head: "ID"}, Column{Head: "PROJECT DIR", Cut: CutStart}, Column{Head: "STATUS", Cut: CutEnd})
	t.Text("1", "/home/alice/src/日本語", "Up 3 minutes")
	t.Row(Cell{Text: "22"}, Cell{Text: "/p"}, Cell{"Exited\n", red})
	t.Text("3", "", "é")
	if err := t.Print(); err != nil {
		return err.Error()
	}
	return b.String()
}

// TestTableSpare: a column that is spare goes before another one is cut, and stays where there
// is room.
func TestTableSpare(t *testing.T) {
	for columns, want := range map[int]string{
		0:  "ID    DIR      IMAGE    NAME\nabc   /a/b/c   debian   job-1\n",
		29: "ID    DIR      IMAGE    NAME\nabc   /a/b/c   debian   job-1\n",
		28: "ID    DIR      NAME\nabc   /a/b/c   job-1\n",
		16: "DIR      NAME\n/a/b/c   job-1\n",
	} {
		var b strings.Builder
		o := Output{columns: columns, w: &b}
		table := o.Table(Column{Head: "ID", Spare: true}, Column{Head: "DIR", Cut: CutStart}, Column{Head: "IMAGE", Spare: true}, Column{Head: "NAME"})
		table.Text("abc", "/a/b/c", "debian", "job-1")
		if err := table.Print(); err != nil || b.String() != want {
			t.Errorf("%d columns: got\n%s, %v", columns, b.String(), err)
		}
	}
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

// A document means the same, and none of it is for the terminal.
func TestJSON(t *testing.T) {
	text := "a\x1b[2J\u009b31m\u007f\u202eb\u2066\U000e0041 ü\n\t\"\\"
	doc, err := json.MarshalIndent(map[string]string{"k": text}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	out := inertJSON(string(doc))
	if strings.ContainsFunc(out, func(r rune) bool { return hidden.Rune(r) && r != '\n' }) {
		t.Errorf("%q", out)
	}
	var back map[string]string
	if err := json.Unmarshal([]byte(out), &back); err != nil || back["k"] != text {
		t.Errorf("%v, %q", err, back)
	}
}

// TestShades: each colour is legible on black and on white (WCAG 2.1, contrast ratio; 3 to 1 is
// its least for large text and for marks, 4.5 for text).
func TestShades(t *testing.T) {
	for _, style := range []Style{red, Green, Yellow, Cyan, Error} {
		shade, ok := shades[style]
		number, err := strconv.Atoi(string(shade[strings.LastIndex(string(shade), ";")+1:]))
		if !ok || err != nil || number < 16 || number > 231 {
			t.Errorf("%s has no shade: %q", style, shade)
			continue
		}
		light := luminance(number)
		if white, black := 1.05/(light+0.05), (light+0.05)/0.05; white < 3.9 || black < 3.9 {
			t.Errorf("%s: contrast %.1f on white, %.1f on black", shade, white, black)
		}
		for out, want := range map[Output]string{
			{colour: true, shades: true}: "\x1b[" + string(shade) + "mx\x1b[0m", {colour: true}: "\x1b[" + string(style) + "mx\x1b[0m", {shades: true}: "x",
		} {
			if got := out.Paint(style, "x"); got != want {
				t.Errorf("%+v: %q", out, got)
			}
		}
	}
}

// luminance of a colour of the 6×6×6 cube that follows the first 16 of 256.
func luminance(number int) float64 {
	sum, n := 0.0, number-16
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		level := []int{0, 95, 135, 175, 215, 255}[n/[]int{36, 6, 1}[i]%6]
		sum += weight * math.Pow((float64(level)/255+0.055)/1.055, 2.4)
	}
	return sum
}

// TestBroken: a column that is not cut goes on below, and the others stay where they are.
func TestBroken(t *testing.T) {
	for columns, want := range map[int]string{
		0:  "KEY     VALUE                                        FROM\nimage   日本語/a-name-that-is-longer-than-this:tag   /home/x/app/.ctenv.toml:1:2\nsudo    true                                         built-in\n",
		50: "KEY     VALUE                     FROM\nimage   日本語/a-name-that-is-l   ….ctenv.toml:1:2\n        onger-than-this:tag\nsudo    true                      built-in\n",
	} {
		var b strings.Builder
		out := Output{w: &b, columns: columns}
		table := out.Table(Column{Head: "KEY"}, Column{Head: "VALUE", Cut: Broken}, Column{Head: "FROM", Cut: CutStart})
		table.Text("image", "日本語/a-name-that-is-longer-than-this:tag", "/home/x/app/.ctenv.toml:1:2")
		table.Text("sudo", "true", "built-in")
		if err := table.Print(); err != nil {
			t.Fatal(err)
		}
		if got := b.String(); got != want {
			t.Errorf("%d columns: got\n%s\nwant\n%s", columns, got, want)
		}
		for line := range strings.Lines(b.String()) {
			if n := Width(strings.TrimSuffix(line, "\n")); columns > 0 && n > columns {
				t.Errorf("%q takes %d columns", line, n)
			}
		}
	}
}

func TestBreakAt(t *testing.T) {
	for _, tt := range [][3]string{
		{"shorter", "shorter", ""},
		{"just as it", "just as it", ""},
		{"npm run build", "npm run ", "build"},
		{"npm runall build", "npm runall", " build"},
		{"/home/alice/app", "/home/", "alice/app"},
		{"a overlong-word", "a overlong", "-word"},
		{"日本語日本語", "日本語日本", "語"},
	} {
		if first, rest := breakAt(tt[0], 10); first != tt[1] || rest != tt[2] {
			t.Errorf("%q: %q, %q", tt[0], first, rest)
		}
	}
}
