package cli

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCompletionOfADeafEngine: one that takes the call and never answers costs a
// moment, and not the shell.
func TestCompletionOfADeafEngine(t *testing.T) {
	dir, err := os.MkdirTemp("", "deaf") // t.TempDir's is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	socket := filepath.Join(dir, "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, args := range [][]string{{"--image", ""}, {"--network", ""}, {"-v", ""}} {
		code, stdout, stderr := callWith(t, dir, dir, []string{"DOCKER_HOST=unix://" + socket}, append([]string{"__complete", "run"}, args...)...)
		if code != 0 || strings.Contains(stdout+stderr, "rror") || !strings.Contains(stdout, ":") {
			t.Errorf("%q: exit code %d, %q, %q", args, code, stdout, stderr)
		}
	}
}
