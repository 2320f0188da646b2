package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

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

// A file that is missing while it is asked whose it is, and is back when it is looked at, is
// missing.
func TestJudgedBeforeLookedAt(t *testing.T) {
	dir := t.TempDir()
	file, away := filepath.Join(dir, "env"), filepath.Join(dir, "away")
	if err := os.WriteFile(file, []byte("A=1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var stop atomic.Bool
	var flipping sync.WaitGroup
	flipping.Go(func() {
		for !stop.Load() {
			_ = errors.Join(os.Rename(file, away), os.Rename(away, file))
		}
	})
	defer flipping.Wait()
	defer stop.Store(true)
	w := look.Wants{Paths: []string{file}, Files: []string{file}, Trails: []string{file}}
	for range 2000 {
		seen := lookAndRead(w)
		if _, judged := seen.Trails[file]; !judged && (seen.Paths[file].Exists || seen.Files[file].Err == nil) {
			t.Fatalf("nobody asked whose it is: %+v, %+v", seen.Paths[file], seen.Files[file])
		}
	}
}

// What cannot be judged is not read.
func TestReadWhatCannotBeJudged(t *testing.T) {
	file := filepath.Join(t.TempDir(), "loop")
	if err := os.Symlink("loop", file); err != nil {
		t.Fatal(err)
	}
	seen := LookAtPaths(look.Wants{Paths: []string{file}, Trails: []string{file}})
	if err := errors.Join(os.Remove(file), os.WriteFile(file, []byte("A=1\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	Read(look.Wants{Files: []string{file}}, &seen)
	if got := seen.Files[file]; got.Err == nil {
		t.Errorf("%q", got.Data)
	}
}

// A stranger's link that gives way to a file of the caller's, which then is judged, has led
// nowhere by then.
func TestJudgedIsWhatIsRead(t *testing.T) {
	const stranger = 4242
	if os.Getuid() != 0 {
		t.Skip("only root makes files of others")
	}
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	if err := errors.Join(os.Mkdir(in("theirs"), 0o755), os.WriteFile(in("theirs/env"), []byte("A=theirs\n"), 0o644), os.Chown(in("theirs/env"), stranger, stranger),
		os.Chown(in("theirs"), stranger, stranger), os.Mkdir(in("shared"), 0o700), os.Chmod(in("shared"), 0o777|os.ModeSticky)); err != nil {
		t.Fatal(err)
	}
	w := look.Wants{Paths: []string{in("shared/env")}, Files: []string{in("shared/env")}, Trails: []string{in("shared/env")}}
	for i := range 400 {
		if err := errors.Join(os.WriteFile(in("theirs/mine"), []byte("A=mine\n"), 0o600), os.Symlink(in("theirs/env"), in("shared/env")), os.Lchown(in("shared/env"), stranger, stranger)); err != nil {
			t.Fatal(err)
		}
		var attack sync.WaitGroup
		attack.Go(func() {
			for start := time.Now(); time.Since(start) < time.Duration(i%200)*time.Microsecond; {
			}
			_ = os.Rename(in("theirs/mine"), in("shared/env"))
		})
		seen := lookAndRead(w)
		attack.Wait()
		if got := seen.Files[in("shared/env")]; seen.Trails[in("shared/env")].Judge(Mine(nil, nil)) == nil && string(got.Data) == "A=theirs\n" {
			t.Fatalf("after %d times a stranger's file was read, and judged was the caller's", i)
		}
		if err := os.Remove(in("shared/env")); err != nil {
			t.Fatal(err)
		}
	}
}

// lookAndRead answers what a plan wants to know of the file system.
func lookAndRead(w look.Wants) look.Seen {
	seen := LookAtPaths(w)
	Read(w, &seen)
	return seen
}
