package internal_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// maxLines and maxParams are what a function may have without a reason.
const (
	maxLines  = 60
	maxParams = 5
)

// longFunctions are those that have more, and why. One that has no more has no place here.
var longFunctions = map[string]string{
	"configdoc/schema.go valueSchema":       "one case for each kind of value",
	"decide/decide.go build":                "the order of all decisions, one line each",
	"volume/volume.go Parse":                "one case for each option",
	"scratchroot/scratchroot_linux.go fill": "what the root of tests has, in order",
	"starter/file.go File":                  "the file as it is written",
}

// TestFunctions: whoever reads a function sees the whole of it.
func TestFunctions(t *testing.T) {
	used := map[string]bool{}
	for path, source := range sources(t, false, ".", "../cmd") {
		for _, f := range tooLong(t, path, source) {
			used[f.name] = true
			if longFunctions[f.name] == "" {
				t.Errorf("%s has %s: cut it, or give the reason here", f.name, f.size)
			}
		}
	}
	for name := range longFunctions {
		if !used[name] {
			t.Errorf("%s is short by now", name)
		}
	}
}

type function struct{ name, size string }

// tooLong are the functions of a file that have more than they may.
func tooLong(t *testing.T, path, source string) (found []function) {
	t.Helper()
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, path, source, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, decl := range parsed.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok || fn.Body == nil {
			continue
		}
		lines := files.Position(fn.End()).Line - files.Position(fn.Pos()).Line + 1
		if params := fn.Type.Params.NumFields(); lines > maxLines || params > maxParams {
			found = append(found, function{path + " " + fn.Name.Name, fmt.Sprintf("%d lines and %d parameters", lines, params)})
		}
	}
	return found
}

// maxPackage is how many lines a package may have outside of tests.
const maxPackage = 2500

// TestPackages: a package is one concern, which shows in its size.
func TestPackages(t *testing.T) {
	lines := map[string]int{}
	for path, source := range sources(t, false, ".") {
		lines[filepath.Dir(path)] += strings.Count(source, "\n")
	}
	for dir, n := range lines {
		if n > maxPackage {
			t.Errorf("internal/%s has %d lines, more than %d: a leaf of it is a package of its own", dir, n, maxPackage)
		}
	}
}

// sources are the texts of Go files below directories by their paths: tests, or all but those.
func sources(t *testing.T, tests bool, roots ...string) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") != tests {
				return err
			}
			text, err := os.ReadFile(path)
			texts[path] = string(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return texts
}
