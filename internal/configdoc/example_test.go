package configdoc

import (
	"regexp"
	"strings"
	"testing"

	"ctenv/internal/config"
)

// TestSystemExample: the example changes nothing as it is, and each of its lines is
// right once its comment mark is gone.
func TestSystemExample(t *testing.T) {
	text := SystemExample()
	for line := range strings.Lines(text) {
		if line != "\n" && !strings.HasPrefix(line, "# ") {
			t.Errorf("not commented out: %s", line)
		}
	}
	assignment := regexp.MustCompile(`(?m)^# (\w+ = |\[\w+\]$)`)
	if n := len(assignment.FindAllString(text, -1)); n < len(config.LimitKeys())+20 {
		t.Errorf("only %d keys", n)
	}
	if _, err := config.Parse([]byte(assignment.ReplaceAllString(text, "$1")), &config.Source{Name: "system.toml", Dir: "/etc"}, true); err != nil {
		t.Fatal(err)
	}
}
