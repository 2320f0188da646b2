package dotenv

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"ctenv/internal/config"
)

func TestParseDotenv(t *testing.T) {
	for name, tt := range map[string]struct {
		in   string
		want map[string]string
	}{
		"forms":            {"# c\nA=1\nexport B=two words # c\nC='$A'\nD=\"${A}\\n2\"\n\nE=\n", map[string]string{"A": "1", "B": "two words", "C": "$A", "D": "1\n2", "E": ""}},
		"lines in quotes":  {"A=\"one\ntwo\"\nB=1", map[string]string{"A": "one\ntwo", "B": "1"}},
		"UTF-8":            {"A=gr\u00fc\u00df\nB='\u4e16 \u00e0'\nC=\u00e0\n", map[string]string{"A": "gr\u00fc\u00df", "B": "\u4e16 \u00e0", "C": "\u00e0"}},
		"private use":      {"A=\ue000\n", map[string]string{"A": "\ue000"}},
		"not UTF-8":        {"A=caf\xe9\nB=\"\xff\xfe\"\nC=\x85\xa0\n", map[string]string{"A": "caf\xe9", "B": "\xff\xfe", "C": "\x85\xa0"}},
		"byte order mark":  {"\ufeffA=1\n", map[string]string{"A": "1"}},
		"line ends of DOS": {"A=1\r\nB=2\r\n", map[string]string{"A": "1", "B": "2"}},
		"DOS's twice":      {"A=\"1\r\r\n2\"\r\r\nB='3\r\r\r\n4'\r\r\nC=5\r\r\n", map[string]string{"A": "1\n2", "B": "3\n4", "C": "5"}},
		"quote at the end": {"A=\"say \\\"x\\\"\"\nB='it\\''\nC=\\\"\"\nD=1\n", map[string]string{"A": `say "x"`, "B": `it\'`, "C": `\""`, "D": "1"}},
		"comments":         {"A=x # see #5 # and #6\nB=a#b\t# c\nC=# no comment\nD='#' # c\n", map[string]string{"A": "x", "B": "a#b", "C": "# no comment", "D": "#"}},
		"dollars":          {"A=1\nB=$(x)$a${b}$\nC={$A}\nD=\\$A\nE=\"\\$A\"\nF=${A\n", map[string]string{"A": "1", "B": "$(x)$a${b}$", "C": "{1}", "D": "$A", "E": "$A", "F": "1"}},
		"two backslashes":  {`A="x\\"` + "\n" + `B="\\\""` + "\n" + `C='x\\'` + "\n" + `D="a\\b\"c\\\\"` + "\n", map[string]string{"A": `x\`, "B": `\"`, "C": `x\\`, "D": `a\b"c\\`}},
		"nothing":          {"", map[string]string{}},
	} {
		vars, err := Parse([]byte(tt.in))
		got := dotenvValues(vars)
		if err != nil || !maps.Equal(got, tt.want) {
			t.Errorf("%s: got %q, %v; want %q", name, got, err, tt.want)
		}
	}
}

// A mistake is told with its line, and without a word of a value: that may be a secret.
func TestParseDotenvMistakes(t *testing.T) {
	for in, want := range map[string]string{
		"A=1\nB=\"s3cret":                  `line 2: the " that opens the value of B is never closed`,
		"A='s3cret\nB=s3cret":              "line 1: the ' that opens the value of A is never closed",
		"# c\n\n%s3cret\nB=s3cret\n":       "line 3: not of the form NAME=value",
		"A=\"one\r\ntwo\"\r\ns3cret\r\n":   "line 3: not of the form NAME=value",
		"A=1\n=s3cret":                     "line 2: not of the form NAME=value",
		"A=1\nexport\n":                    "line 2: not of the form NAME=value",
		"A=1\nexport s3cret":               "line 2: not of the form NAME=value",
		"A='\n'\nB=s3cret\x00":             "line 3: it holds a NUL byte, which no variable can",
		doubling(36, "V%d=${V%d}${V%d}\n"): "line 17: with V16 the values take more than 1900544 bytes, and the kernel gives a command no more",
		doubling(36, "V%d=\"$V%d$V%d\"\n"): "line 17: with V16 the values take more than 1900544 bytes, and the kernel gives a command no more",
		"A=" + strings.Repeat("x", 64<<10) + "\nB=" + strings.Repeat("$A", 1<<20): "line 2: with B the values take more than 1900544 bytes, and the kernel gives a command no more",
	} {
		_, err := Parse([]byte(in))
		if err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", in, err, want)
		}
	}
}

// doubling is a small file whose values would take 2^n times 16 bytes.
func doubling(n int, form string) string {
	text := "V0=0123456789abcdef\n"
	for i := 1; i < n; i++ {
		text += fmt.Sprintf(form, i, i-1, i-1)
	}
	return text
}

func TestParseDockerEnv(t *testing.T) {
	env := map[string]string{"HOSTS": "from the host", "OTHER": "x"}
	vars, err := ParseDocker([]byte("\ufeff# c\r\nA=\"quoted\"\r\n  B='$A' # no comment\n\nHOSTS\nUNSET\nC=\nA2=1 \nexport\n"), env)
	want := map[string]string{"A": `"quoted"`, "B": "'$A' # no comment", "HOSTS": "from the host", "C": "", "A2": "1 "}
	if got := dotenvValues(vars); err != nil || !maps.Equal(got, want) {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
	for _, in := range []string{"A=1\nexport B=s3cret", "A=1\n=s3cret", "A=1\nB=s3cret\x00", "A=1\nB=s3cret\xff", "A=1\nB=" + strings.Repeat("s3cret", 20000)} {
		_, err := ParseDocker([]byte(in), env)
		if err == nil || !strings.HasPrefix(err.Error(), "line 2: ") || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%.40q: got %v", in, err)
		}
	}
}

func dotenvValues(vars map[string]Var) map[string]string {
	values := map[string]string{}
	for name, v := range vars {
		values[name] = v.Value
	}
	return values
}

func FuzzParseDotenv(f *testing.F) {
	f.Add([]byte("A=\"x\ny\"\nexport B='\xe9' # c\n"))
	f.Add([]byte("A=$A${B}\\"))
	f.Add([]byte("export export A=1"))
	f.Fuzz(func(t *testing.T, data []byte) {
		vars, err := Parse(data)
		lines := 1 + strings.Count(string(data), "\n")
		if err != nil {
			if e := err.(*config.Error); e.Pos.Line < 1 || e.Pos.Line > lines {
				t.Errorf("line %d of %d: %v", e.Pos.Line, lines, err)
			}
			return
		}
		for name, v := range vars {
			if v.Line < 1 || v.Line > lines {
				t.Errorf("%s stands in line %d of %d", name, v.Line, lines)
			}
		}
		values := dotenvValues(vars)
		var plain strings.Builder
		for name, value := range values {
			if name == "" || strings.ContainsAny(name, "=\x00") || strings.Contains(value, "\x00") {
				t.Errorf("%q=%q cannot be a variable", name, value)
			}
			if !strings.ContainsAny(value, "'\\\r") {
				fmt.Fprintf(&plain, "export %s='%s'\n", name, value)
			}
			// Escapes can add a line end; no other byte comes from nowhere.
			for i := 0; i < len(value); i++ {
				if value[i] >= 0x80 && !strings.Contains(string(data), value[i:i+1]) {
					t.Errorf("%s holds byte %#x, which the file does not", name, value[i])
				}
			}
		}
		// Between single quotes nothing has a meaning but a backslash and the line
		// ends of DOS.
		again, err := Parse([]byte(plain.String()))
		if err != nil {
			t.Fatalf("written anew it is refused: %v\n%q", err, plain.String())
		}
		for name, value := range dotenvValues(again) {
			if values[name] != value {
				t.Errorf("%s was %q and is %q when written anew", name, values[name], value)
			}
		}
		// Between double quotes every value can be written.
		escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`, "\r", `\r`)
		for name, value := range values {
			line := "export " + name + `="` + escape.Replace(value) + `"`
			again, err := Parse([]byte(line + "\nZ=z"))
			if err != nil || again[name].Value != value && name != "Z" || again["Z"].Value != "z" {
				t.Errorf("%q is read as %q, %v; want %q", line, dotenvValues(again), err, value)
			}
		}
	})
}
