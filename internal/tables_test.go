package internal_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Each row of these pages names tests that exist, and each script of a kind has a row.

func TestSecurity(t *testing.T) {
	named := rowsHaveTests(t, "security.md", 3, 30)
	scriptsHaveRows(t, named, "attack_*", "trust_*")
}

func TestEdgeCases(t *testing.T) {
	named := rowsHaveTests(t, "edge-cases.md", 3, 100)
	scriptsHaveRows(t, named, "edge_*")
	for name, n := range named {
		if n > 1 {
			t.Errorf("%d rows name %s: a row has a test of its own", n, name)
		}
	}
}

func TestPythonTool(t *testing.T) { rowsHaveTests(t, "python-tool.md", 4, 20) }

func TestWanted(t *testing.T) { rowsHaveTests(t, "wanted.md", 4, 10) }

var quoted = regexp.MustCompile("`([^`]+)`")

// rowsHaveTests looks for what the last cell names of each row that has so many, of which
// there are more than least, and returns how many rows name each test.
func rowsHaveTests(t *testing.T, page string, cells, least int) map[string]int {
	t.Helper()
	doc, err := os.ReadFile("../docs/" + page)
	if err != nil {
		t.Fatal(err)
	}
	named, rows, inGo := map[string]int{}, 0, goTests(t)
	for line := range strings.Lines(string(doc)) {
		row := strings.Split(strings.ReplaceAll(strings.TrimSpace(line), `\|`, ""), "|")
		if len(row) != cells+2 || strings.HasPrefix(row[1], "-") || strings.TrimSpace(row[cells]) == "test" {
			continue
		}
		rows++
		names := quoted.FindAllStringSubmatch(row[cells], -1)
		if len(names) == 0 {
			t.Errorf("%s: no test for %s", page, row[1])
		}
		for _, m := range names {
			named[m[1]]++
			if _, err := os.Stat("../e2e/testdata/" + m[1] + ".txtar"); err != nil && !inGo[m[1]] {
				t.Errorf("%s: %s: there is no test %s", page, row[1], m[1])
			}
		}
	}
	if rows < least {
		t.Errorf("%s: only %d rows", page, rows)
	}
	return named
}

func scriptsHaveRows(t *testing.T, named map[string]int, patterns ...string) {
	t.Helper()
	for _, pattern := range patterns {
		scripts, err := filepath.Glob("../e2e/testdata/" + pattern + ".txtar")
		if err != nil || len(scripts) == 0 {
			t.Fatalf("%d scripts %s, error %v", len(scripts), pattern, err)
		}
		for _, script := range scripts {
			if name := strings.TrimSuffix(filepath.Base(script), ".txtar"); named[name] == 0 {
				t.Errorf("no row names %s", name)
			}
		}
	}
}

// goTests are the names of all tests below this directory.
func goTests(t *testing.T) map[string]bool {
	names := map[string]bool{}
	for _, text := range sources(t, true, ".") {
		for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllStringSubmatch(text, -1) {
			names[m[1]] = true
		}
	}
	return names
}
