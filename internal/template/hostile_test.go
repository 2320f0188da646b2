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
	// Each of these took minutes where the rest was looked at once for each ${.
	v := testVars()
	for _, text := range []string{
		strings.Repeat("${", much) + "}",
		strings.Repeat("${", much),
		strings.Repeat("${x|", much) + "}",
		strings.Repeat("${HOME|default:", much) + "|bad}",
		strings.Repeat("${", much) + "|" + strings.Repeat("x", much) + "}",
	} {
		if got := v.Shown(text); got != text {
			t.Errorf("%.20q… is shown as %.40q…", text, got)
		}
	}
	for _, text := range []string{strings.Repeat("${", much) + "}", strings.Repeat("${", much), strings.Repeat("${x|", much) + "}"} {
		if got, err := v.Text(text, ShellText); got != text || err != nil {
			t.Errorf("%.20q… became %.40q…, %v", text, got, err)
		}
	}
	if got := v.Shown(strings.Repeat("${image}", much)); len(got) > maxExpanded+much*len("${image}") {
		t.Errorf("shown are %d bytes", len(got))
	}
	if got := Names("$${a} ${b|x} ${c} ${d"); !slices.Equal(got, []string{"b", "c", "d"}) {
		t.Errorf("names %q", got)
	}
}
