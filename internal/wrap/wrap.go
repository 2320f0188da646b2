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
// spaces are kept: they may be a name's. A command at the end is not broken, so that it can
// be copied.
func (l Lines) Message(text string) string {
	if l.fits(text) {
		return text
	}
	words := strings.Split(text, " ")
	if at := strings.LastIndex(text, ": "); at >= 0 && isCommand(text[at+2:]) {
		words = append(strings.Split(text[:at+1], " "), text[at+2:])
	}
	return l.Words(words)
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
