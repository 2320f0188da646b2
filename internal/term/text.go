package term

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/docker/go-units"
	"github.com/mattn/go-runewidth"
)

// cells counts the columns that terminals give to text: two for CJK and emoji,
// none for combining marks, one where Unicode calls the width ambiguous,
// whichever language the caller's terminal speaks.
var cells = &runewidth.Condition{StrictEmojiNeutral: true}

// Width is how many columns s takes.
func Width(s string) int { return cells.StringWidth(s) }

// OneLine shows control characters instead of sending them: names, paths and
// values in messages come from files and images of strangers. The marks that
// turn the direction of text would let a name pass for another.
func OneLine(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case unicode.IsControl(r), r == '\u2028', r == '\u2029',
			r >= '\u202A' && r <= '\u202E', r >= '\u2066' && r <= '\u2069':
			b.WriteString(strings.Trim(fmt.Sprintf("%+q", r), "'"))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// cutEnd shortens s to so many columns; the start stays.
func cutEnd(s string, columns int) string {
	if Width(s) <= columns {
		return s
	}
	return cells.Truncate(s, columns, "…")
}

// cutStart shortens s to so many columns; the end stays, as a path wants it.
func cutStart(s string, columns int) string {
	if over := Width(s) - columns; over > 0 {
		return cells.TruncateLeft(s, over+1, "…")
	}
	return s
}

// Wrap breaks text at its spaces into lines of so many columns, a longer word on
// a line of its own. Lines after the first start with indent.
func Wrap(text string, columns int, indent string) string {
	var b strings.Builder
	used := 0
	for _, word := range strings.Fields(text) {
		w := Width(word)
		switch {
		case used == 0:
		case used+1+w > columns:
			b.WriteString("\n" + indent)
			used = Width(indent)
		default:
			b.WriteByte(' ')
			used++
		}
		b.WriteString(word)
		used += w
	}
	return b.String()
}

// Duration is d as people say it: "3 minutes".
func Duration(d time.Duration) string {
	s := units.HumanDuration(max(d, 0))
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
