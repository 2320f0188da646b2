package starter

import (
	"strings"
	"testing"
)

// Texts of a devcontainer.json that somebody has made to end ctenv by its own stack, or to
// take all memory: each is an error at once, or is read.
func TestHostileTexts(t *testing.T) {
	const much = MaxFile/8 - 100
	for name, tt := range map[string]struct {
		json string
		want string // of the error
	}{
		"arrays":              {`{"image": "x", "a": ` + strings.Repeat("[", 8*much), tooDeep},
		"closed arrays":       {`{"image": "x", "a": ` + strings.Repeat("[", much) + strings.Repeat("]", much) + "}", tooDeep},
		"objects":             {strings.Repeat(`{"a":`, much), tooDeep},
		"behind a comment":    {"// \"\n/* \" */" + strings.Repeat("[/*\"*/", much), tooDeep},
		"behind an escape":    {`["\"\\",` + strings.Repeat("[", much), tooDeep},
		"beside one another":  {`{"image": "x", "a": [` + strings.Repeat("[],", much) + "]}", ""},
		"in a text":           {`{"image": "x", "a": "` + strings.Repeat("[", much) + `"}`, ""},
		"in a comment":        {`{"image": "x" /* ` + strings.Repeat("[", much) + "*/}", ""},
		"in a line's comment": {"//" + strings.Repeat("[", much) + "\n" + `{"image": "x"}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := Devcontainer("/src/app", "/src/app/.devcontainer.json", []byte(tt.json), Machine{})
			switch {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want != "" && (err == nil || err.Error() != tt.want):
				t.Errorf("got error %.200v, want %q", err, tt.want)
			}
		})
	}
}
