// Package tomltext writes values as TOML has them, and guesses what a line that is no TOML was
// meant to be.
package tomltext

import (
	"fmt"
	"strings"
)

// Quote writes s as a TOML basic string, on one line.
func Quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		// C0, DEL and C1: a terminal would obey them.
		case r < 0x20 || r >= 0x7f && r < 0xa0:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// Key writes a key, bare where TOML allows that.
func Key(s string) string {
	bare := s != ""
	for _, r := range s {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_') {
			bare = false
		}
	}
	if bare {
		return s
	}
	return Quote(s)
}

// Bool is what a word for yes or no is in TOML.
func Bool(word string) string {
	switch strings.ToLower(word) {
	case "false", "no", "off", "0":
		return "false"
	}
	return "true"
}
