package internal_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEdgeCases keeps docs/edge-cases.md and the tests that it names together.
func TestEdgeCases(t *testing.T) {
	doc, err := os.ReadFile("../docs/edge-cases.md")
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for line := range strings.Lines(string(doc)) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) != 5 {
			continue // no row of three cells
		}
		for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[3], -1) {
			if named[m[1]] {
				t.Errorf("two rows name %s: a row has a test of its own", m[1])
			}
			named[m[1]] = true
		}
	}
	inGo := goTests(t)
	for name := range named {
		if strings.HasPrefix(name, "Test") {
			if !inGo[name] {
				t.Errorf("no test in Go is called %s", name)
			}
			continue
		}
		if _, err := os.Stat("../e2e/testdata/" + name + ".txtar"); err != nil {
			t.Error(err)
		}
	}
	scripts, err := filepath.Glob("../e2e/testdata/edge_*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("%d scripts of edge cases, error %v", len(scripts), err)
	}
	for _, script := range scripts {
		if name := strings.TrimSuffix(filepath.Base(script), ".txtar"); !named[name] {
			t.Errorf("no row names %s", name)
		}
	}
}

// TestPythonTool: each row of docs/python-tool.md has a test.
func TestPythonTool(t *testing.T) { rowsHaveTests(t, "python-tool.md", 20) }

// TestWanted: each row of docs/wanted.md has a test.
func TestWanted(t *testing.T) { rowsHaveTests(t, "wanted.md", 10) }

// rowsHaveTests looks for the scripts that a page's rows of four cells name in the last.
func rowsHaveTests(t *testing.T, page string, least int) {
	doc, err := os.ReadFile("../docs/" + page)
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(doc)) {
		cells := strings.Split(strings.ReplaceAll(strings.TrimSpace(line), `\|`, ""), "|")
		if len(cells) != 6 || strings.HasPrefix(cells[1], "---") || strings.TrimSpace(cells[4]) == "test" {
			continue
		}
		rows++
		names := regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[4], -1)
		if len(names) == 0 {
			t.Errorf("no test for %s", cells[1])
		}
		for _, m := range names {
			if _, err := os.Stat("../e2e/testdata/" + m[1] + ".txtar"); err != nil {
				t.Error(err)
			}
		}
	}
	if rows < least {
		t.Errorf("only %d rows", rows)
	}
}

// goTests are the names of all tests below this directory.
func goTests(t *testing.T) map[string]bool {
	names := map[string]bool{}
	var files []string
	for _, pattern := range []string{"*/*_test.go", "*/*/*_test.go"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllSubmatch(data, -1) {
			names[string(m[1])] = true
		}
	}
	return names
}
