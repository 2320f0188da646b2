package engine

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ctenv/internal/engine/fakeengine"
)

// TestHeaders has a door keeper before the engine.
func TestHeaders(t *testing.T) {
	inner := fakeengine.New(nil)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("X-Pass") != "yes":
			http.Error(w, "no pass", http.StatusForbidden)
		case r.URL.Path == "/_ping":
			w.Header().Set("API-Version", "1.41")
		default:
			inner.ServeHTTP(w, r)
		}
	}))
	defer server.Close()
	dir := t.TempDir()
	env := map[string]string{"DOCKER_HOST": "tcp://" + server.Listener.Addr().String(), "DOCKER_CONFIG": dir}
	for text, want := range map[string]string{
		`{}`:                                 "403 Forbidden: no pass",
		`{"HttpHeaders": {"X-Pass": "yes"}}`: "",
	} {
		write(t, filepath.Join(dir, "config.json"), text)
		e, err := Connect(context.Background(), Options{Getenv: func(name string) string { return env[name] }})
		if err == nil {
			_, err = e.List(context.Background())
			e.Close()
		}
		if got := fmt.Sprint(err); want == "" && err != nil || !strings.Contains(got, want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
