package internal_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestSecurity: each row of docs/security.md names a test that exists, and each script
// of an attack has a row.
func TestSecurity(t *testing.T) {
	doc, err := os.ReadFile("../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	inGo := goTests(t)
	named := map[string]bool{}
	for line := range strings.Lines(string(doc)) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) != 5 || strings.HasPrefix(cells[1], "-") || cells[1] == " attack " {
			continue // no row of three cells
		}
		names := regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[3], -1)
		if len(names) == 0 {
			t.Errorf("no test:%s", cells[1])
		}
		for _, m := range names {
			named[m[1]] = true
			if _, err := os.Stat("../e2e/testdata/" + m[1] + ".txtar"); err != nil && !inGo[m[1]] {
				t.Errorf("%s: there is no test %s", strings.TrimSpace(cells[1]), m[1])
			}
		}
	}
	for _, pattern := range []string{"attack_*", "trust_*"} {
		scripts, err := filepath.Glob("../e2e/testdata/" + pattern + ".txtar")
		if err != nil || len(scripts) == 0 {
			t.Fatalf("%d scripts %s, error %v", len(scripts), pattern, err)
		}
		for _, script := range scripts {
			if name := strings.TrimSuffix(filepath.Base(script), ".txtar"); !named[name] {
				t.Errorf("no row names %s", name)
			}
		}
	}
}
