package plan

import (
	"fmt"
	"maps"
	"strings"
	"testing"
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
		"quote at the end": {"A=\"say \\\"x\\\"\"\nB='it\\''\nC=\\\"\"\nD=1\n", map[string]string{"A": `say "x"`, "B": `it\'`, "C": `\""`, "D": "1"}},
		"nothing":          {"", map[string]string{}},
	} {
		got, err := parseDotenv([]byte(tt.in))
		if err != nil || !maps.Equal(got, tt.want) {
			t.Errorf("%s: got %q, %v; want %q", name, got, err, tt.want)
		}
	}
}

// A mistake is told without a word of the file: it may be a secret.
func TestParseDotenvMistakes(t *testing.T) {
	for _, in := range []string{"A=\"s3cret", "%s3cret\nB=s3cret\n", "A='s3cret\nB=s3cret"} {
		_, err := parseDotenv([]byte(in))
		if err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func FuzzParseDotenv(f *testing.F) {
	f.Add([]byte("A=\"x\ny\"\nexport B='\xe9' # c\n"))
	f.Add([]byte("A=$A${B}\\"))
	f.Fuzz(func(t *testing.T, data []byte) {
		values, err := parseDotenv(data)
		if err != nil {
			return
		}
		var plain strings.Builder
		for name, value := range values {
			if name == "" || strings.ContainsAny(name, "=\x00") || strings.Contains(value, "\x00") {
				t.Errorf("%q=%q cannot be a variable", name, value)
			}
			if !strings.ContainsAny(value, `'\`) {
				fmt.Fprintf(&plain, "%s='%s'\n", name, value)
			}
			// Escapes can add a line end; no other byte comes from nowhere.
			for i := 0; i < len(value); i++ {
				if value[i] >= 0x80 && !strings.Contains(string(data), value[i:i+1]) {
					t.Errorf("%s holds byte %#x, which the file does not", name, value[i])
				}
			}
		}
		// Between single quotes nothing has a meaning but a backslash before the last.
		again, err := parseDotenv([]byte(plain.String()))
		if err != nil {
			t.Fatalf("written anew it is refused: %v\n%q", err, plain.String())
		}
		for name, value := range again {
			if values[name] != value {
				t.Errorf("%s was %q and is %q when written anew", name, values[name], value)
			}
		}
	})
}
