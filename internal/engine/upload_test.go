package engine

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"

	"ctenv/internal/plan"
	"ctenv/internal/wire"
)

// recorder keeps the last body of each call, on its way to a fake.
type recorder struct {
	*fake
	bodies map[string][]byte
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if call := req.Method + " " + strings.TrimPrefix(req.URL.Path, "/v1.41"); !strings.HasSuffix(call, "/attach") {
		body, _ := io.ReadAll(req.Body)
		r.bodies[call] = body
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	r.fake.ServeHTTP(w, req)
}

func TestUploadInit(t *testing.T) {
	const create = "POST /containers/create"
	const start = "POST /containers/" + id + "/start"
	const archive = "PUT /containers/" + id + "/archive"
	dir := t.TempDir()
	program := filepath.Join(dir, "ctenv-init")
	write(t, program, "local bytes")
	unseen := answer{400, `{"message": "invalid mount config for type \"bind\": bind source path does not exist: ` + program + `"}`}
	made := answer{201, `{"Id": "` + id + `"}`}
	init := plan.Mount{Type: plan.MountBind, Source: program, Target: wire.InitPath, ReadOnly: true}
	cache := plan.Mount{Type: plan.MountVolume, Source: "cache", Target: "/cache"}

	for name, c := range map[string]struct {
		mounts  []plan.Mount
		archive answer
		calls   []string
		err     string
	}{
		"named volumes": {
			mounts:  []plan.Mount{init, cache},
			archive: answer{200, ""},
			calls:   []string{create, create, "GET /version", archive, start},
		},
		"a local folder": {
			mounts: []plan.Mount{init, cache, {Type: plan.MountBind, Source: dir, Target: "/repo"}},
			calls:  []string{create},
			err:    `does not see "` + dir + `" of this machine, so it cannot be mounted at /repo`,
		},
		"a local folder to be relabelled": {
			mounts: []plan.Mount{init, {Type: plan.MountBind, Source: dir, Target: "/repo", Relabel: "z"}},
			calls:  []string{create},
			err:    `does not see "` + dir + `" of this machine, so it cannot be mounted at /repo`,
		},
		"an upload that fails": {
			mounts:  []plan.Mount{init},
			archive: answer{403, `{"message": "no"}`},
			calls:   []string{create, create, "GET /version", archive, "DELETE /containers/" + id},
			err:     "cannot upload ctenv-init to the container engine",
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := &recorder{newFake(map[string][]answer{
				create:         {unseen, made},
				"GET /version": {{200, `{"Arch": "arm64"}`}},
				archive:        {c.archive},
			}), map[string][]byte{}}
			e := connect(t, f)
			e.init = func(arch string) ([]byte, error) { return []byte("for " + arch), nil }
			p := plan.Plan{Image: "busybox", Detach: true, Mounts: c.mounts, Request: request()}
			_, err := e.Run(context.Background(), p, streams(t, "").Streams)
			if !slices.Equal(f.calls, c.calls) {
				t.Errorf("calls\n%q, want\n%q", f.calls, c.calls)
			}
			if c.err != "" {
				var got *Error
				if !errors.As(err, &got) || !strings.Contains(got.Error(), c.err) {
					t.Errorf("got %v, want %q", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			// The engine's own architecture, where the entrypoint is, and runnable.
			r := tar.NewReader(bytes.NewReader(f.bodies[archive]))
			header, err := r.Next()
			if err != nil {
				t.Fatal(err)
			}
			content, err := io.ReadAll(r)
			if header.Name != "ctenv-init" || header.Mode != 0o555 || string(content) != "for arm64" || err != nil {
				t.Errorf("uploaded %q, mode %o, %q, %v", header.Name, header.Mode, content, err)
			}
			var sent struct{ HostConfig container.HostConfig }
			if err := json.Unmarshal(f.bodies[create], &sent); err != nil {
				t.Fatal(err)
			}
			want := []mount.Mount{
				{Type: mount.TypeVolume, Target: wire.Dir, VolumeOptions: &mount.VolumeOptions{NoCopy: true}},
				{Type: mount.TypeVolume, Source: "cache", Target: "/cache"},
			}
			if got, _ := json.Marshal(sent.HostConfig.Mounts); string(got) != string(marshal(t, want)) {
				t.Errorf("mounts %s, want %s", got, marshal(t, want))
			}
		})
	}
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestInitThatIsGone: a ctenv-init that is missing on this machine says nothing
// about the engine.
func TestInitThatIsGone(t *testing.T) {
	gone := filepath.Join(t.TempDir(), "ctenv-init")
	f := newFake(map[string][]answer{"POST /containers/create": {{400, `{"message": "bind source path does not exist: ` + gone + `"}`}}})
	e := connect(t, f)
	p := plan.Plan{Image: "busybox", Detach: true, Request: request(),
		Mounts: []plan.Mount{{Type: plan.MountBind, Source: gone, Target: wire.InitPath}}}
	_, err := e.Run(context.Background(), p, streams(t, "").Streams)
	if err == nil || !strings.Contains(err.Error(), "does not exist") || len(f.calls) != 1 {
		t.Errorf("got %v after %q", err, f.calls)
	}
}
