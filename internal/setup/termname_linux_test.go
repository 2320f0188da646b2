package setup

import (
	"slices"
	"testing"

	"ctenv/internal/environ"
)

func TestKnownTerm(t *testing.T) {
	debian := []string{"", "xterm", "xterm-256color", "screen-256color", "linux"}
	for _, tt := range []struct {
		term, colors string
		has          []string
		want         string
	}{
		{"xterm-256color", "", debian, "xterm-256color"},
		{"screen-256color", "", debian, "screen-256color"},
		{"tmux-256color", "", debian, "xterm-256color"},
		{"xterm-kitty", "truecolor", debian, "xterm-256color"},
		{"alacritty", "", debian, "xterm-256color"},
		{"xterm-ghostty", "", nil, "xterm-256color"},
		{"xterm-256color", "", []string{"", "xterm"}, "xterm"},
		{"linux", "", debian, "linux"},
		{"vt52", "", debian, "xterm"},
		{"dumb", "", nil, "dumb"},
		{"", "", debian, "xterm"},
		{"../../etc/passwd", "", debian, "xterm"},
	} {
		has := func(name string) bool { return slices.Contains(tt.has, name) }
		if got := knownTerm(tt.term, tt.colors, has); got != tt.want {
			t.Errorf("%q %q: %q, want %q", tt.term, tt.colors, got, tt.want)
		}
	}
	env := nameTerminal(environ.Vars{"TERM=mine"}, "linux", "truecolor")
	if env.Get("TERM") != "mine" || env.Get("COLORTERM") != "truecolor" {
		t.Errorf("%q", env)
	}
	if _, set := nameTerminal(environ.Vars{}, "linux", "odd; rm").Lookup("COLORTERM"); set {
		t.Error("what is no name of colours is passed on")
	}
}
