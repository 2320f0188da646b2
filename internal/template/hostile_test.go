package template

import (
	"slices"
	"strings"
	"testing"
)

// A text of a file that somebody has made to take all time is looked at in no more than a
// moment.
func TestHostileTemplates(t *testing.T) {
	const much = 300_000
	for _, end := range []string{"", "}"} {
		if got := Names(strings.Repeat("${", much) + end); len(got) != much {
			t.Errorf("%d names", len(got))
		}
	}
	if got := Names("$${a} ${b|x} ${c} ${d"); !slices.Equal(got, []string{"b", "c", "d"}) {
		t.Errorf("names %q", got)
	}
}
