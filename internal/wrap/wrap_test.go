package wrap

import (
	"testing"
	"unicode/utf8"
)

// TestMessage: lines break between words, none is broken that would be typed, and what is
// quoted keeps its spaces.
func TestMessage(t *testing.T) {
	for _, tt := range []struct {
		laid func(Lines, string) string
		text string
		most int
		want string
	}{
		{Lines.Message, "no terminal: whatever the length", -8, "no terminal: whatever the length"},
		{Lines.Message, "it is just as long", 18, "it is just as long"},
		{Lines.Message, "it is just too long", 18, "it is just too\n  long"},
		{Lines.Message, "a longword-that-does-not-fit in", 10, "a\n  longword-that-does-not-fit\n  in"},
		{Lines.Message, `no "a  b" is here`, 11, "no \"a  b\"\n  is here"},
		{Lines.Message, "try it: ctenv run -- make all", 20, "try it:\n  ctenv run -- make all"},
		{Lines.Message, "try it: ctenv run -- make all", 26, "try it:\n  ctenv run -- make all"},
		{Lines.Message, "do it (sudo usermod -aG docker $USER) and log in", 12, "do it\n  (sudo usermod -aG docker $USER)\n  and log in"},
		{Lines.Message, "in prose (which breaks)", 12, "in prose\n  (which\n  breaks)"},
		{Lines.Message, "with (a = b), or `ctenv stop`, or ` so", 9, "with\n  (a = b),\n  or\n  `ctenv stop`,\n  or ` so"},
		{Lines.Hint, "this: a b; that: c", -6, "this: a b; that: c"},
		{Lines.Hint, "this: a b; that: c", 18, "this: a b; that: c"},
		{Lines.Hint, "this: a b; that: c", 17, "this: a b;\n  that: c"},
		{Lines.Hint, "this: a b; that and that: c", 10, "this: a b;\n  that and\n  that: c"},
		{Lines.Hint, "write it; this: docker pull debian:bookworm", 20, "write it;\n  this:\n  docker pull debian:bookworm"},
	} {
		if got := tt.laid(Lines{tt.most, "  ", utf8.RuneCountInString}, tt.text); got != tt.want {
			t.Errorf("%q, %d: got %q, want %q", tt.text, tt.most, got, tt.want)
		}
	}
}
