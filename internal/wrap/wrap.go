// Package wrap breaks messages between words, where they are longer than a terminal's lines.
package wrap

import (
	"slices"
	"strings"
)

// Lines are those that a text is laid out in.
type Lines struct {
	Most   int              // columns of a line; 0 or less where no terminal is
	Indent string           // of lines after the first, not counted
	Width  func(string) int // columns that a text takes
}

// Words lays words out, a longer one on a line of its own.
func (l Lines) Words(words []string) string {
	var b strings.Builder
	used := 0
	for i, word := range words {
		w := l.Width(word)
		switch {
		case i == 0:
		case used > 0 && used+1+w > l.Most:
			b.WriteString("\n" + l.Indent)
			used = 0
		default:
			b.WriteByte(' ')
			used++
		}
		b.WriteString(word)
		used += w
	}
	return b.String()
}

// Message is a line of text where it fits, or is for no terminal, and else several. Its
// spaces are kept: they may be a name's. What people type is not broken, so that it can be
// copied: a command at the end, in backquotes or in parentheses.
func (l Lines) Message(text string) string {
	if l.fits(text) {
		return text
	}
	if at := strings.LastIndex(text, ": "); at >= 0 && isCommand(text[at+2:]) {
		return l.Words(append(words(text[:at+1]), text[at+2:]))
	}
	return l.Words(words(text))
}

// words are what a line breaks between: what is between spaces, or is to be typed.
func words(text string) []string {
	var out []string
	for {
		typed := typedFirst(text)
		end := strings.IndexByte(text[typed:], ' ')
		if end < 0 {
			return append(out, text)
		}
		out, text = append(out, text[:typed+end]), text[typed+end+1:]
	}
}

// typedFirst is the length of what a text begins with where that is to be typed: in backquotes,
// or a command or a setting in parentheses.
func typedFirst(text string) int {
	switch {
	case strings.HasPrefix(text, "`"):
		return 1 + strings.IndexByte(text[1:], '`') + 1
	case strings.HasPrefix(text, "("):
		inside, _, closed := strings.Cut(text[1:], ")")
		if closed && (isCommand(inside) || strings.Contains(inside, " = ")) {
			return 1 + len(inside) + 1
		}
	}
	return 0
}

// Hint is Message with each of several ways out on a line of its own.
func (l Lines) Hint(text string) string {
	if l.fits(text) {
		return text
	}
	ways := strings.Split(text, "; ")
	for i, way := range ways {
		ways[i] = l.Message(way)
	}
	return strings.Join(ways, ";\n"+l.Indent)
}

func (l Lines) fits(text string) bool { return l.Most <= 0 || l.Width(text) <= l.Most }

// isCommand tells whether text is what hints tell people to type.
func isCommand(text string) bool {
	program, _, _ := strings.Cut(text, " ")
	return slices.Contains([]string{"ctenv", "docker", "podman", "sudo", "openssl"}, program)
}
