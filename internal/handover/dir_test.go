package handover

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// TestDir: the directory of one that lives stays, that of one that does not goes, and
// nothing else.
func TestDir(t *testing.T) {
	parent := t.TempDir()
	alive, err := NewDir(parent)
	if err != nil {
		t.Fatal(err)
	}
	dead := filepath.Join(parent, dirPrefix+"dead")
	others := filepath.Join(parent, dirPrefix+"others")
	for _, dir := range []string{dead, others, filepath.Join(others, "kept")} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dead, socketName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(others, filepath.Join(parent, dirPrefix+"link")); err != nil {
		t.Fatal(err)
	}
	second, err := NewDir(parent)
	if err != nil || second.Dead != 2 {
		t.Fatalf("removed %+v, error %v", second, err)
	}
	if _, err := os.Stat(dead); err == nil {
		t.Error("the dead one's is still there")
	}
	for _, path := range []string{alive.Path, second.Path, filepath.Join(others, "kept"), filepath.Join(parent, dirPrefix+"link")} {
		if _, err := os.Lstat(path); err != nil {
			t.Error(err)
		}
	}
	alive.Release()
	alive.Release()
	if _, err := os.Stat(alive.Path); err == nil {
		t.Error("it is still there after its release")
	}
}

// TestDirsAtOnce: one that looks for the dead does not take a new one for one of them.
func TestDirsAtOnce(t *testing.T) {
	parent := t.TempDir()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				h, err := NewDir(parent)
				if err != nil {
					continue // said, and the engine's streams serve
				}
				if _, err := os.Stat(h.Path); err != nil {
					t.Error(err)
				}
				h.Release()
			}
		})
	}
	all.Wait()
	if left, _ := os.ReadDir(parent); len(left) > 0 {
		t.Errorf("%d are left", len(left))
	}
}

// TestSlot: a directory that stays is one's own while it is held, and the next one's then.
func TestSlot(t *testing.T) {
	parent := t.TempDir()
	first, err := NewSlot(parent)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(first.Path, socketName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	second, err := NewSlot(parent)
	if err != nil || second.Path == first.Path {
		t.Fatalf("got %+v beside %+v, %v", second, first, err)
	}
	second.Release()
	first.Release()
	if _, err := os.Stat(filepath.Join(first.Path, socketName)); err != nil {
		t.Errorf("a container that starts again misses it: %v", err)
	}
	third, err := NewSlot(parent)
	if err != nil || third.Path != first.Path {
		t.Fatalf("got %+v after %+v, %v", third, first, err)
	}
	defer third.Release()
	if _, err := os.Stat(filepath.Join(third.Path, socketName)); err == nil {
		t.Error("the socket of the last one is in the way")
	}
}
