//go:build linux

package setup

import (
	"fmt"
	"os"
	"path"
	"strings"

	"ctenv/internal/environ"
)

// engineTerm is what engines call a terminal that nobody has named. It has 8 colours.
const engineTerm = "xterm"

// terminfo are where programs look for what a terminal can do (terminfo(5)).
var terminfo = []string{"/etc/terminfo", "/lib/terminfo", "/usr/share/terminfo", "/usr/lib/terminfo"}

// nameTerminal gives programs the caller's terminal by a name that the image knows, and
// that keeps its colours, where neither the image nor the configuration has named it.
func nameTerminal(env environ.Vars, term, colors string) environ.Vars {
	if was, named := env.Lookup("TERM"); !named || was == engineTerm {
		env = env.With("TERM", knownTerm(term, colors, hasTerminfo))
	}
	if _, named := env.Lookup("COLORTERM"); !named && (colors == "truecolor" || colors == "24bit") {
		env = env.With("COLORTERM", colors)
	}
	return env
}

// knownTerm is term where the image knows it, else one of xterm's, which nearly all
// terminals of today understand. An image without any terminfo has programs that bring
// their own.
func knownTerm(term, colors string, has func(string) bool) string {
	if term == "dumb" || term != "" && !strings.ContainsAny(term, "/\x00") && has(term) {
		return term
	}
	many := colors != "" || strings.Contains(term, "256color") || strings.Contains(term, "direct")
	for _, name := range []string{"kitty", "ghostty", "alacritty", "foot", "wezterm", "contour"} {
		many = many || strings.Contains(term, name)
	}
	if many && (has("xterm-256color") || !has("")) {
		return "xterm-256color"
	}
	return engineTerm
}

// hasTerminfo tells whether the image knows a terminal, or with "" any.
func hasTerminfo(name string) bool {
	for _, dir := range terminfo {
		at := dir
		if name != "" {
			at = path.Join(dir, name[:1], name)
		}
		if _, err := os.Stat(at); err == nil {
			return true
		}
		if name == "" {
			continue
		}
		if _, err := os.Stat(path.Join(dir, fmt.Sprintf("%02x", name[0]), name)); err == nil {
			return true
		}
	}
	return false
}
