package build

import (
	"testing"

	"ctenv/internal/plan"
)

// An image that another project has built under the same name is not what this one's
// file describes, whatever it says.
func TestKeyOf(t *testing.T) {
	forged := map[string]string{plan.LabelBuild: "k", plan.LabelProjectDir: "/src/a"}
	if got := keyOf(forged, "/src/a-b"); got != "" {
		t.Errorf("another project's: %q", got)
	}
	if got := keyOf(map[string]string{plan.LabelBuild: "k"}, "/src/a-b"); got != "" {
		t.Errorf("nobody's: %q", got)
	}
	if got := keyOf(forged, "/src/a"); got != "k" {
		t.Errorf("its own: %q", got)
	}
}
