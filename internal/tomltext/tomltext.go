// Package tomltext writes values as TOML has them, and guesses what a line that is no TOML was
// meant to be.
package tomltext

import (
	"fmt"
	"strings"

	"ctenv/internal/hidden"
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
		case hidden.Rune(r) && r > 0xFFFF:
			fmt.Fprintf(&b, `\U%08X`, r)
		case hidden.Rune(r):
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// Array writes texts as a TOML array, on one line.
func Array(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = Quote(text)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// Comment is a text as a comment can hold it.
func Comment(text string) string {
	return strings.Map(func(r rune) rune {
		if hidden.Rune(r) {
			return ' '
		}
		return r
	}, text)
}

// Key writes a key, bare where TOML allows that.
func Key(s string) string {
	if s != "" && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == "" {
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
