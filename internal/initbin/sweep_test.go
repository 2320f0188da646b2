package initbin

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"ctenv/internal/procid"
	"ctenv/internal/testfiles"
)

func TestInstallSweeps(t *testing.T) {
	p := find(t)
	dir := filepath.Dir(p.Path)
	elsewhere := filepath.Join(t.TempDir(), "streams-of-another")
	old := time.Now().Add(-31 * 24 * time.Hour)
	age := func(path string) {
		t.Helper()
		if err := setTime(path, old); err != nil {
			t.Fatal(err)
		}
	}
	for _, d := range []string{dir, filepath.Join(dir, "streams-old"), filepath.Join(dir, "streams-new"), filepath.Join(dir, "ctenv-init-directory"), elsewhere} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	killed, writes := tempName(procid.Self()+"0")+"1", tempName(procid.Self())+"1" // the first started at another time
	for _, f := range []string{killed, writes, "ctenv-init-old", "ctenv-init-new", ".ctenv-init-old", ".ctenv-init-new", "streams-file", "mine", "seccomp-old", "seccomp-new", "streams-old/socket"} {
		if err := os.WriteFile(filepath.Join(dir, f), nil, 0o555); err != nil {
			t.Fatal(err)
		}
	}
	testfiles.Put(t, elsewhere, map[string]string{"kept": ""})
	for _, link := range []string{"streams-link", "ctenv-init-link"} {
		if err := os.Symlink(elsewhere, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
		age(filepath.Join(dir, link))
	}
	for _, f := range []string{"ctenv-init-old", ".ctenv-init-old", "streams-file", "mine", "seccomp-old", "streams-old", "ctenv-init-directory"} {
		age(filepath.Join(dir, f))
	}
	age(elsewhere)

	if err := p.Install(); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, e := range entries {
		left = append(left, e.Name())
	}
	want := []string{filepath.Base(p.Path), writes, ".ctenv-init-new", "ctenv-init-directory", "ctenv-init-link", "ctenv-init-new", "mine", "seccomp-new", "streams-file", "streams-link", "streams-new"}
	slices.Sort(want)
	if !slices.Equal(left, want) {
		t.Errorf("left are %q, want %q", left, want)
	}
	if _, err := os.Stat(filepath.Join(elsewhere, "kept")); err != nil {
		t.Error(err)
	}
}

// A version that is used from time to time must not be swept by the next one.
func TestInstallNotesUse(t *testing.T) {
	p := find(t)
	if err := p.Install(); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-31 * 24 * time.Hour)
	if err := os.Chtimes(p.Path, old, old); err != nil {
		t.Fatal(err)
	}
	if err := p.Install(); err != nil {
		t.Fatal(err)
	}
	if info, _ := os.Stat(p.Path); time.Since(info.ModTime()) > time.Hour {
		t.Errorf("used at %v", info.ModTime())
	}
}
