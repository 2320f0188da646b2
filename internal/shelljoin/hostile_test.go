package shelljoin

import (
	"slices"
	"strings"
	"testing"

	"ctenv/internal/wire"
)

// Texts of a file that somebody has made to take all time or memory: each is looked at in
// no more than a moment.
func TestHostileTexts(t *testing.T) {
	const much = 300_000
	for _, text := range []string{"(", "$(", "{ ", "if :; then ", "`"} {
		if got := Commands([]wire.Text{wire.Text(strings.Repeat(text, much))}); len(got) > 0 {
			t.Errorf("%q was joined", text)
		}
	}
	if got := Commands(slices.Repeat([]wire.Text{"("}, much)); len(got) > 0 {
		t.Error("what is never complete was joined")
	}
}
