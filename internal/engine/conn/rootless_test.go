package conn

import (
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

// TestRootlessPodman: a user's socket is a rootless podman's where that puts its own; of any
// other podman is asked.
func TestRootlessPodman(t *testing.T) {
	dir, err := os.MkdirTemp("", "ctenv-root-") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	socket := filepath.Join(dir, "podman", "podman.sock")
	if err := os.Mkdir(filepath.Dir(socket), 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 {
		if err := os.Chown(socket, 1234, -1); err != nil {
			t.Fatal(err)
		}
	}
	asked := 0
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Api-Version", "1.41")
		w.Header().Set("Libpod-Api-Version", "5.0.0")
		if filepath.Base(r.URL.Path) == "info" {
			asked++
			_, _ = io.WriteString(w, `{"Rootless": false}`)
		}
	})}
	go server.Serve(l)
	defer server.Close()
	for runtime, rootless := range map[string]bool{dir: true, t.TempDir(): false} {
		c := &Conn{getenv: func(name string) string { return map[string]string{"XDG_RUNTIME_DIR": runtime}[name] }}
		if err := c.try(t.Context(), socketEndpoint(socket, DockerConfig{})); err != nil || !c.Podman {
			t.Fatalf("podman %v, %v", c.Podman, err)
		}
		if got, err := c.Rootless(t.Context()); err != nil || got != rootless {
			t.Errorf("runtime directory %s: got %v, %v", runtime, got, err)
		}
		c.Close()
	}
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
}
