package engine

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestSocketPlaces: a call by cron has no runtime directory, and its containers' sockets are
// elsewhere than those of a call at a terminal.
func TestSocketPlaces(t *testing.T) {
	run, cache := t.TempDir(), t.TempDir()
	getenv := func(name string) string { return map[string]string{"XDG_RUNTIME_DIR": run}[name] }
	here, there := filepath.Join(run, "ctenv", "join"), filepath.Join(cache, "join")
	if got := SocketPlaces("linux", getenv, cache); len(got) == 0 || got[0] != here || slices.Contains(got, there) {
		t.Errorf("before there are any: %q", got)
	}
	for _, dir := range []string{here, there} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	got := SocketPlaces("linux", getenv, cache)
	if len(got) < 2 || got[0] != here || !slices.Contains(got, there) || slices.Contains(got[1:], here) {
		t.Errorf("with both: %q", got)
	}
	if got := SocketPlaces("darwin", getenv, cache); got != nil {
		t.Errorf("on a Mac: %q", got)
	}
}
