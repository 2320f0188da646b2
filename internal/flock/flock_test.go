package flock

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// What holds the lock for ever keeps nobody from ending the run, nor the run for ever.
func TestLockHeld(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv("HOME", cache) // of other systems
	t.Setenv("XDG_RUNTIME_DIR", "/nowhere")
	unlock, err := Lock(context.Background(), os.Getenv("XDG_RUNTIME_DIR"), "networks", t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if _, err := Lock(ctx, os.Getenv("XDG_RUNTIME_DIR"), "networks", t.Logf); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	defer func(before time.Duration) { lockGrace = before }(lockGrace)
	lockGrace = 0
	second, err := Lock(context.Background(), os.Getenv("XDG_RUNTIME_DIR"), "networks", t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	second()
	unlock()
	f, err := os.Open(filepath.Join(cache, "ctenv", "networks.lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		t.Errorf("the lock is still held: %v", err)
	}
}

// Where there is a directory for what runs, locks are there: another home is no other user.
func TestLockInRuntimeDir(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_RUNTIME_DIR", dir)
	t.Setenv("XDG_CACHE_HOME", "/nowhere")
	unlock, err := Lock(context.Background(), os.Getenv("XDG_RUNTIME_DIR"), "networks", t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	if _, err := os.Stat(filepath.Join(dir, "ctenv", "networks.lock")); err != nil {
		t.Error(err)
	}
}

// Nothing is made by a lock where another user could choose the place.
func TestLockOfOthers(t *testing.T) {
	for name, plant := range map[string]func(dir, elsewhere string) error{
		"a link for the directory": func(dir, elsewhere string) error { return os.Symlink(elsewhere, filepath.Join(dir, "ctenv")) },
		"a link for the file": func(dir, elsewhere string) error {
			if err := os.Mkdir(filepath.Join(dir, "ctenv"), 0o700); err != nil {
				return err
			}
			return os.Symlink(filepath.Join(elsewhere, "made"), filepath.Join(dir, "ctenv", "networks.lock"))
		},
	} {
		dir, elsewhere := t.TempDir(), t.TempDir()
		t.Setenv("XDG_RUNTIME_DIR", dir)
		if err := plant(dir, elsewhere); err != nil {
			t.Fatal(err)
		}
		unlock, err := Lock(context.Background(), os.Getenv("XDG_RUNTIME_DIR"), "networks", t.Logf)
		if err != nil {
			t.Fatal(err)
		}
		unlock()
		if made, _ := os.ReadDir(elsewhere); len(made) > 0 {
			t.Errorf("%s: %v was made", name, made)
		}
	}
}
