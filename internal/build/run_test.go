package build

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"ctenv/internal/hint"
)

func TestRun(t *testing.T) {
	var out bytes.Buffer
	err := run(t.Context(), []string{"sh", "-c", "cat; echo $X >&2; exit 3"}, []string{"PATH=/bin:/usr/bin", "X=y"}, "stdin\n", &out)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 3 || out.String() != "stdin\ny\n" {
		t.Errorf("%v, %q", err, out.String())
	}
}

// What podman says of a build that it has spoiled by itself is heard, in its last line only.
func TestRunSpoiled(t *testing.T) {
	bin := t.TempDir()
	for _, name := range []string{"podman", "docker"} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\nexec sh \"$@\"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	for script, spoiled := range map[string]bool{
		"echo getting top layer info: layer not known >&2; exit 125":          true,
		"echo getting top layer info: layer not known; exit 0":                false,
		"echo layer not known; head -c 2000 /dev/zero | tr '\\0' x; exit 1":   false,
		"printf 'getting top layer info: layer not '; printf known; exit 125": true,
		"echo 'Error: while running runtime: signal: killed' >&2; exit 125":   true,
		"echo 'Error: while running runtime: exit status 1' >&2; exit 125":    false,
		"echo grep: layer not known; echo Error: exit status 1; exit 125":     false,
	} {
		if err := run(t.Context(), []string{"docker", "-c", script}, []string{"PATH=/bin:/usr/bin"}, "", &bytes.Buffer{}); errors.Is(err, errSpoiled) {
			t.Errorf("docker: %s: %v", script, err)
		}
		err := run(t.Context(), []string{"podman", "-c", script}, []string{"PATH=/bin:/usr/bin"}, "", &bytes.Buffer{})
		if errors.Is(err, errSpoiled) != spoiled {
			t.Errorf("%s: %v", script, err)
		}
	}
}

// A signal ends the builder and is told from its own failure.
func TestRunSignal(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		if signal.Ignored(sig) {
			continue // these tests were started in the background, or under nohup
		}
		caller := signalWhenReady{sig: sig}
		err := run(t.Context(), []string{"sh", "-c", "echo ready; trap 'echo cleaned; exit 9' TERM; for i in 1 2 3 4 5 6 7 8 9; do sleep 1; done"}, nil, "", &caller)
		caught := hint.Status(0)
		if !errors.As(err, &caught) || int(caught) != 128+int(sig) || !strings.Contains(caller.out.String(), "cleaned") {
			t.Errorf("%v: %v, output %q", sig, err, caller.out.String())
		}
	}
}

// signalWhenReady sends a signal to this process at the first output.
type signalWhenReady struct {
	out bytes.Buffer
	sig syscall.Signal
}

func (w *signalWhenReady) Write(p []byte) (int, error) {
	if w.out.Len() == 0 {
		_ = syscall.Kill(syscall.Getpid(), w.sig)
	}
	return w.out.Write(p)
}

func TestRunCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := run(ctx, []string{"sleep", "60"}, nil, "", &bytes.Buffer{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
