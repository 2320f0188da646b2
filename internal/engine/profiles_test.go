package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"

	"ctenv/internal/engine/fakeengine"
	"ctenv/internal/plan"
	"ctenv/internal/runargs"
	"ctenv/internal/wire"
)

// TestProfileOfPodman: what podman opens is a copy of what was judged, where it sees that. One
// that it cannot take has it open no other file: a container could write that.
func TestProfileOfPodman(t *testing.T) {
	const file, text = "/p/profile.json", `{"defaultAction":"SCMP_ACT_ERRNO"}`
	for _, tt := range []struct {
		refusal, last string
		made          bool
	}{
		{"", text, true},
		{"opening seccomp profile failed: open %s: no such file or directory", file, true},
		{"opening seccomp profile failed: open %s: permission denied", file, true},
		{"loading seccomp profile (%s) failed: unknown action", text, false},
	} {
		last := ""
		e := connect(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var body struct{ HostConfig container.HostConfig }
			if r.Method != http.MethodPost || json.NewDecoder(r.Body).Decode(&body) != nil || len(body.HostConfig.SecurityOpt) != 1 {
				http.Error(w, `{"message": "not asked for"}`, http.StatusTeapot)
				return
			}
			path := strings.TrimPrefix(body.HostConfig.SecurityOpt[0], "seccomp=")
			last = path
			if read, err := os.ReadFile(path); err == nil {
				last = string(read)
			}
			w.Header().Set("Content-Type", "application/json")
			if tt.refusal != "" && path != file {
				w.WriteHeader(http.StatusInternalServerError)
				fmt.Fprintf(w, `{"message": %q}`, fmt.Sprintf(tt.refusal, path))
				return
			}
			w.WriteHeader(http.StatusCreated)
			fmt.Fprintf(w, `{"Id": %q}`, fakeengine.ID)
		}))
		e.Podman = true
		dir := t.TempDir()
		p := plan.Plan{Image: "busybox", Name: "box", Entrypoint: []string{wire.InitPath}, Request: fakeengine.Request(), SocketDir: dir,
			RunArgs: []runargs.Arg{{Name: "security-opt", Value: "seccomp=" + file}}, Profiles: map[string]string{file: text}}
		_, err := e.Create(context.Background(), p, nil, fakeengine.Streams(t, "").Streams)
		if (err == nil) != tt.made || last != tt.last {
			t.Errorf("%s: got %s, %v; want %s", tt.refusal, last, err, tt.last)
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("%s: %v is left", tt.refusal, left)
		}
	}
}
