package term

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"github.com/docker/go-units"

	"ctenv/internal/hidden"
	"ctenv/internal/wrap"
)

// Width is how many columns terminals give to s, by what a reader takes for one character:
// two for CJK and emoji (UAX 11), one where Unicode calls the width ambiguous.
func Width(s string) int { return ansi.StringWidth(s) }

// OneLine shows control characters instead of sending them: names, paths and
// values in messages come from files and images of strangers.
func OneLine(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case hidden.Rune(r):
			b.WriteString(strings.Trim(fmt.Sprintf("%+q", r), "'"))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// inertJSON is OneLine for a whole document, which stays the same to who reads it.
func inertJSON(document string) string {
	var b strings.Builder
	for _, r := range document {
		if hidden.Rune(r) && r != '\n' {
			for _, unit := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&b, `\u%04x`, unit)
			}
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// cutEnd shortens s to so many columns at most; the start stays.
func cutEnd(s string, most int) string { return ansi.Truncate(s, most, "…") }

// cutStart shortens s to so many columns at most; the end stays, as a path wants
// it.
func cutStart(s string, most int) string {
	over := Width(s) - most
	if over <= 0 {
		return s
	}
	for { // one more for the mark, and another where that halves a wide character
		over++
		if cut := ansi.TruncateLeft(s, over, "…"); Width(cut) <= most || cut == "…" {
			return cut
		}
	}
}

// breakAt splits s where it has so many columns, or before that behind a space or a slash,
// unless less than half would be left of the line.
func breakAt(s string, most int) (first, rest string) {
	first = ansi.Truncate(s, most, "")
	if first == "" {
		return s, ""
	}
	if len(first) < len(s) && s[len(first)] != ' ' {
		if at := strings.LastIndexAny(first, " /") + 1; Width(first[:at]) > most/2 {
			first = first[:at]
		}
	}
	return first, s[len(first):]
}

// Wrap breaks text at its spaces into lines of so many columns, a longer word on
// a line of its own. Lines after the first start with indent, which is not counted.
func Wrap(text string, most int, indent string) string {
	return laidOut(most, indent).Words(strings.Fields(text))
}

func laidOut(most int, indent string) wrap.Lines {
	return wrap.Lines{Most: most, Indent: indent, Width: Width}
}

// Duration is d as people say it: "3 minutes".
func Duration(d time.Duration) string {
	s := units.HumanDuration(max(d, 0))
	return strings.ToLower(s[:1]) + s[1:]
}
