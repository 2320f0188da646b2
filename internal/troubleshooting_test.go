package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestTroubleshooting: each message that docs/troubleshooting.md explains is one of the
// program's. What stands between its "…" has to be in texts of the sources.
func TestTroubleshooting(t *testing.T) {
	doc, err := os.ReadFile("../docs/troubleshooting.md")
	if err != nil {
		t.Fatal(err)
	}
	texts := sourceTexts(t)
	entries := regexp.MustCompile("(?m)^### (.*)$").FindAllStringSubmatch(string(doc), -1)
	if len(entries) < 15 {
		t.Errorf("only %d entries", len(entries))
	}
	for _, e := range entries {
		message := strings.Trim(e[1], "`")
		if e[1] != "`"+message+"`" {
			t.Errorf("%s is no message", e[1])
			continue
		}
		for part := range strings.SplitSeq(message, "…") {
			if part = strings.TrimSpace(part); part != "" && !strings.Contains(texts, part) {
				t.Errorf("%s: the program never says %q", message, part)
			}
		}
	}
}

// sourceTexts are all strings in the sources of ctenv and ctenv-init, a line each.
func sourceTexts(t *testing.T) string {
	var b strings.Builder
	for path, source := range sources(t, false, ".") {
		file, err := parser.ParseFile(token.NewFileSet(), path, source, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if text, err := strconv.Unquote(lit.Value); err == nil {
					b.WriteString(text + "\n")
				}
			}
			return true
		})
	}
	return b.String()
}
