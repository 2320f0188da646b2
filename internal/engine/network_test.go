package engine

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
func TestLockNetworksHeld(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv("HOME", cache) // of other systems
	unlock, err := lockNetworks(context.Background(), Streams{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := lockNetworks(ctx, Streams{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if took := time.Since(began); took > networkGrace/2 {
		t.Errorf("it took %v", took)
	}
	defer func(before time.Duration) { networkGrace = before }(networkGrace)
	networkGrace = 0
	second, err := lockNetworks(context.Background(), Streams{})
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
