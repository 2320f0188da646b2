package conn

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func TestRemoveDeadServices(t *testing.T) {
	parent := t.TempDir()
	old := time.Now().Add(-2 * serviceStart)
	for _, name := range []string{"live", "dead", "ended", "young", "other"} {
		prefix := servicePrefix
		if name == "other" {
			prefix = "other-"
		}
		dir := filepath.Join(parent, prefix+name)
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if name != "ended" {
			l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, serviceSocket)})
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			if name != "live" {
				l.SetUnlinkOnClose(false)
				l.Close()
			}
		}
		if name != "young" {
			if err := os.Chtimes(dir, old, old); err != nil {
				t.Fatal(err)
			}
		}
	}
	elsewhere := t.TempDir()
	if err := os.Chtimes(elsewhere, old, old); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, filepath.Join(parent, servicePrefix+"link")); err != nil {
		t.Fatal(err)
	}

	removeDeadServices(parent)
	entries, err := os.ReadDir(parent)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if want := []string{servicePrefix + "link", servicePrefix + "live", servicePrefix + "young", "other-other"}; !slices.Equal(left, want) {
		t.Errorf("left are %q, want %q", left, want)
	}
	if _, err := os.Stat(elsewhere); err != nil {
		t.Error(err)
	}
}
