package shellquote

import (
	"os/exec"
	"strings"
	"testing"
	"unicode"

	"ctenv/internal/hidden"
)

// The line that --dry-run prints of a stranger's file is there to be looked at: no
// terminal acts on it, and a shell still reads the same words.
func TestQuotePlain(t *testing.T) {
	for _, word := range []string{
		"", "plain", "a b", "it's", "two\nlines\n", "a\tb", "café", "日本",
		"x\x1b[2K\rdocker run harmless", "\x07", "\x7f", "\u009b2J", "a\u202eb\u2066c", "\u2028", "a\u00ad\u3164b", "\U000e0041", "👩‍🚀", "\xe9\x9b", "100%\x1b\\n'\x1b",
	} {
		quoted := Plain(word)
		if i := strings.IndexFunc(quoted, func(r rune) bool {
			return r != '\n' && r != '\t' && (hidden.Rune(r) || r == unicode.ReplacementChar)
		}); i >= 0 {
			t.Errorf("%q is quoted as %q", word, quoted)
		}
		out, err := exec.Command("sh", "-c", "printf %s. "+quoted).Output()
		if err != nil || string(out) != word+"." {
			t.Errorf("%q, quoted as %q, is read as %q, %v", word, quoted, out, err)
		}
	}
}
