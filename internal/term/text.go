package term

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/docker/go-units"
	"golang.org/x/text/width"
)

// Width is how many columns terminals give to s: two for CJK and emoji (UAX 11),
// none for combining marks and what a joiner joins, one where Unicode calls the
// width ambiguous.
func Width(s string) int {
	total := 0
	for _, w := range columnsOf([]rune(s)) {
		total += w
	}
	return total
}

// columnsOf gives the columns of each rune.
func columnsOf(runes []rune) []int {
	const joiner = '\u200D'
	columns := make([]int, len(runes))
	for i, r := range runes {
		switch {
		case i > 0 && runes[i-1] == joiner,
			r >= 0x1F3FB && r <= 0x1F3FF && i > 0, // a skin tone colours what is before it
			r >= 0x1160 && r <= 0x11FF,            // the rest of a Korean syllable
			unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) && r != 0xAD:
		default:
			columns[i] = 1
			if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
				columns[i] = 2
			}
		}
	}
	return columns
}

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

// cutEnd shortens s to so many columns at most; the start stays.
func cutEnd(s string, columns int) string {
	if Width(s) <= columns {
		return s
	}
	runes := []rune(s)
	room := columns - 1
	for i, w := range columnsOf(runes) {
		if room -= w; room < 0 {
			return string(runes[:i]) + "…"
		}
	}
	return s
}

// cutStart shortens s to so many columns at most; the end stays, as a path wants
// it.
func cutStart(s string, columns int) string {
	over := Width(s) - columns
	if over <= 0 {
		return s
	}
	runes := []rune(s)
	over++ // for the mark
	for i, w := range columnsOf(runes) {
		// What belongs to a rune that is gone goes too.
		if over <= 0 && w > 0 {
			return "…" + string(runes[i:])
		}
		over -= w
	}
	return "…"
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
