package initbin

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

func find(t *testing.T) Program {
	t.Helper()
	p, err := Find(filepath.Join(t.TempDir(), "ctenv"), runtime.GOARCH)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestInstallReplacesWhatIsNotOurs(t *testing.T) {
	for name, spoil := range map[string]func(path string) error{
		"nothing there": func(path string) error { return nil },
		"other bytes":   func(path string) error { return os.WriteFile(path, []byte("#!/bin/sh\n"), 0o555) },
		"longer": func(path string) error {
			data, _ := embedded.ReadFile("bin/ctenv-init-linux-" + runtime.GOARCH)
			return os.WriteFile(path, append(data, 0), 0o555)
		},
		"a symlink": func(path string) error { return os.Symlink("/bin/sh", path) },
		"writable": func(path string) error {
			data, _ := embedded.ReadFile("bin/ctenv-init-linux-" + runtime.GOARCH)
			return os.WriteFile(path, data, 0o755)
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := find(t)
			if err := os.MkdirAll(filepath.Dir(p.Path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := spoil(p.Path); err != nil {
				t.Fatal(err)
			}
			if p.upToDate() {
				t.Fatal("taken for ours")
			}
			if err := p.Install(); err != nil {
				t.Fatal(err)
			}
			if !p.upToDate() {
				t.Fatal("not up to date after Install")
			}
			entries, err := os.ReadDir(filepath.Dir(p.Path))
			if err != nil || len(entries) != 1 {
				t.Fatalf("left behind: %v, %v", entries, err)
			}
		})
	}
}

func TestInstallLeavesAGoodOne(t *testing.T) {
	p := find(t)
	if err := p.Install(); err != nil {
		t.Fatal(err)
	}
	before, _ := os.Stat(p.Path)
	if err := p.Install(); err != nil {
		t.Fatal(err)
	}
	after, _ := os.Stat(p.Path)
	if !os.SameFile(before, after) {
		t.Fatal("written again")
	}
}

func TestMissingArchitecture(t *testing.T) {
	_, err := Find(t.TempDir(), "pdp11")
	if err == nil || !strings.Contains(err.Error(), "linux/pdp11") {
		t.Fatalf("got %v", err)
	}
}

// Root's code must not be somebody else's to change, even where all bytes are right.
func TestInstallWhereOthersCanWrite(t *testing.T) {
	t.Run("a loose directory", func(t *testing.T) {
		p := find(t)
		if err := p.Install(); err != nil {
			t.Fatal(err)
		}
		dir := filepath.Dir(p.Path)
		if err := os.Chmod(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := p.Install(); err != nil {
			t.Fatal(err)
		}
		if info, _ := os.Stat(dir); info.Mode().Perm() != 0o755 {
			t.Errorf("the directory has mode %v", info.Mode())
		}
	})
	t.Run("a file of another user", func(t *testing.T) {
		p := find(t)
		if err := p.Install(); err != nil {
			t.Fatal(err)
		}
		p.uid++ // so the file is another's
		if p.upToDate() {
			t.Error("taken for ours")
		}
	})
}

// TestPlaceWayOut: another directory is the way out of what is wrong with this one only.
func TestPlaceWayOut(t *testing.T) {
	for err, want := range map[error]string{
		&os.PathError{Op: "open", Path: "/cache", Err: syscall.EMFILE}: "ulimit -n",
		&os.PathError{Op: "open", Path: "/cache", Err: syscall.EROFS}:  "XDG_CACHE_HOME",
	} {
		if got := wayOut(err); !strings.Contains(got, want) {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
}
