package process

import (
	"os"
	"path/filepath"
	"testing"

	"ctenv/internal/plan"
	"ctenv/internal/wire"
)

// TestHoldFor: a run of a ctenv-init that a package has installed has its lock in ctenv's own
// directory, and makes nothing beside what was installed.
func TestHoldFor(t *testing.T) {
	dir := t.TempDir()
	installed, own := filepath.Join(dir, "usr"), filepath.Join(dir, "cache", "init")
	if err := os.Mkdir(installed, 0o755); err != nil {
		t.Fatal(err)
	}
	p := plan.Plan{SocketDir: own, Mounts: []plan.Mount{{Type: plan.MountBind, Source: filepath.Join(installed, "ctenv-init"), Target: wire.InitPath}}}
	release := holdFor(t.Context(), nil, p, nil)
	if len(find(t, installed)) != 0 || len(find(t, own)) != 1 {
		t.Errorf("made %q, and %q", find(t, installed), find(t, own))
	}
	release()
	if len(find(t, own)) != 0 {
		t.Errorf("left %q", find(t, own))
	}
}
