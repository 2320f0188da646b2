package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ctenv/internal/look"
)

// Many files, each of which may be read, do not fill the memory together.
func TestReadTogether(t *testing.T) {
	var w look.Wants
	for i := range 8 {
		file := filepath.Join(t.TempDir(), fmt.Sprint(i))
		if err := os.WriteFile(file, make([]byte, maxFile-1), 0o600); err != nil {
			t.Fatal(err)
		}
		w.Files = append(w.Files, file)
	}
	seen := look.Seen{Files: map[string]look.File{}}
	Read(look.Wants{Files: w.Files[:3]}, &seen)
	Read(w, &seen)
	for i, f := range w.Files {
		switch got := seen.Files[f]; {
		case i < 4 && (got.Err != nil || len(got.Data) != maxFile-1):
			t.Errorf("file %d: %d bytes, %v", i, len(got.Data), got.Err)
		case i >= 4 && (got.Err == nil || got.Data != nil || !strings.Contains(got.Err.Error(), "together")):
			t.Errorf("file %d: %d bytes, %v; want an error", i, len(got.Data), got.Err)
		}
	}
}

// What was judged is what is read: a symlink that was put where nothing was, or something
// else, is not followed, and a file that came since is not there.
func TestReadWhatWasJudged(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	if err := errors.Join(os.WriteFile(in("secret"), []byte("TOKEN=1\n"), 0o600), os.Mkdir(in("directory"), 0o700), os.Symlink("loop", in("loop"))); err != nil {
		t.Fatal(err)
	}
	w := look.Wants{}
	for _, name := range []string{"missing", "later", "directory", "loop", "secret"} {
		w.Files = append(w.Files, in(name))
	}
	w.Paths = w.Files
	seen := LookAtPaths(w)
	if err := errors.Join(os.Symlink("secret", in("missing")), os.WriteFile(in("later"), []byte("A=1\n"), 0o600),
		os.Remove(in("directory")), os.Symlink("secret", in("directory")), os.Remove(in("loop")), os.Symlink("secret", in("loop"))); err != nil {
		t.Fatal(err)
	}
	Read(w, &seen)
	for _, name := range []string{"missing", "later", "directory", "loop"} {
		got := seen.Files[in(name)]
		if missing := name == "missing" || name == "later"; got.Data != nil || got.Err == nil || missing && !errors.Is(got.Err, fs.ErrNotExist) {
			t.Errorf("%s: %q, %v; want an error", name, got.Data, got.Err)
		}
	}
	if got := seen.Files[in("secret")]; string(got.Data) != "TOKEN=1\n" || got.Err != nil {
		t.Errorf("what was there: %q, %v", got.Data, got.Err)
	}
}
