// Package testfiles makes files for tests; only tests import it.
package testfiles

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Put makes files below dir by their texts, and the directories for them; a name that ends in
// a slash is a directory.
func Put(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		switch {
		case err != nil:
		case strings.HasSuffix(name, "/"):
			err = os.MkdirAll(path, 0o755)
		default:
			err = os.WriteFile(path, []byte(text), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
