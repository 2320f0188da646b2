package shellquote

import (
	"os/exec"
	"strings"
	"testing"
	"unicode"
)

// The line that --dry-run prints of a stranger's file is there to be looked at: no
// terminal acts on it, and a shell still reads the same words.
func TestQuotePlain(t *testing.T) {
	for _, word := range []string{
		"", "plain", "a b", "it's", "two\nlines\n", "a\tb", "café", "日本",
		"x\x1b[2K\rdocker run harmless", "\x07", "\x7f", "\u009b2J", "a\u202eb\u2066c", "\u2028", "\xe9\x9b", "100%\x1b\\n'\x1b",
	} {
		quoted := Plain(word)
		if i := strings.IndexFunc(quoted, func(r rune) bool {
			return r != '\n' && r != '\t' && (unicode.IsControl(r) || r == unicode.ReplacementChar || unicode.In(r, unicode.Cf, unicode.Zl))
		}); i >= 0 {
			t.Errorf("%q is quoted as %q", word, quoted)
		}
		out, err := exec.Command("sh", "-c", "printf %s. "+quoted).Output()
		if err != nil || string(out) != word+"." {
			t.Errorf("%q, quoted as %q, is read as %q, %v", word, quoted, out, err)
		}
	}
}
