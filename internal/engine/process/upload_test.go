package process

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"

	"ctenv/internal/engine"
	"ctenv/internal/engine/fakeengine"
	"ctenv/internal/plan"
	"ctenv/internal/wire"
)

// recorder keeps the last body of each call, on its way to a fake.
type recorder struct {
	*fakeengine.Fake
	bodies map[string][]byte
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if call := req.Method + " " + strings.TrimPrefix(req.URL.Path, "/v1.41"); !strings.HasSuffix(call, "/attach") {
		body, _ := io.ReadAll(req.Body)
		r.bodies[call] = body
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	r.Fake.ServeHTTP(w, req)
}

func TestUploadInit(t *testing.T) {
	const create = "POST /containers/create"
	const start = "POST /containers/" + fakeengine.ID + "/start"
	const archive = "PUT /containers/" + fakeengine.ID + "/archive"
	dir := t.TempDir()
	program := filepath.Join(dir, "ctenv-init")
	write(t, program, "local bytes")
	unseen := fakeengine.Answer{Status: 400, Body: `{"message": "invalid mount config for type \"bind\": bind source path does not exist: ` + program + `"}`}
	made := fakeengine.Answer{Status: 201, Body: `{"Id": "` + fakeengine.ID + `"}`}
	init := plan.Mount{Type: plan.MountBind, Source: program, Target: wire.InitPath, ReadOnly: true}
	cache := plan.Mount{Type: plan.MountVolume, Source: "cache", Target: "/cache"}

	for name, c := range map[string]struct {
		mounts  []plan.Mount
		archive fakeengine.Answer
		calls   []string
		err     string
	}{
		"named volumes": {
			mounts:  []plan.Mount{init, cache},
			archive: fakeengine.Answer{Status: 200, Body: ""},
			calls:   []string{create, create, "GET /version", archive, start},
		},
		"a local directory": {
			mounts: []plan.Mount{init, cache, {Type: plan.MountBind, Source: dir, Target: "/repo"}},
			calls:  []string{create},
			err:    `does not see "` + dir + `" of this machine, so it cannot be mounted at /repo`,
		},
		"a local directory to be relabelled": {
			mounts: []plan.Mount{init, {Type: plan.MountBind, Source: dir, Target: "/repo", Relabel: "z"}},
			calls:  []string{create},
			err:    `does not see "` + dir + `" of this machine, so it cannot be mounted at /repo`,
		},
		"an upload that fails": {
			mounts:  []plan.Mount{init},
			archive: fakeengine.Answer{Status: 403, Body: `{"message": "no"}`},
			calls:   []string{create, create, "GET /version", archive, "DELETE /containers/" + fakeengine.ID},
			err:     "cannot upload ctenv-init to the container engine",
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := &recorder{fakeengine.New(map[string][]fakeengine.Answer{
				create:         {unseen, made},
				"GET /version": {{Status: 200, Body: `{"Arch": "arm64"}`}},
				archive:        {c.archive},
			}), map[string][]byte{}}
			e := connectAs(t, f, engine.Options{Init: func(arch string) ([]byte, error) { return []byte("for " + arch), nil }})
			p := plan.Plan{Image: "busybox", Detach: true, Mounts: c.mounts, Request: fakeengine.Request()}
			_, err := Run(context.Background(), e, p, fakeengine.Streams(t, "").Streams)
			if !slices.Equal(f.Calls(), c.calls) {
				t.Errorf("calls\n%q, want\n%q", f.Calls(), c.calls)
			}
			if c.err != "" {
				var got *engine.Error
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
			var sent struct {
				Entrypoint []string
				HostConfig container.HostConfig
			}
			if err := json.Unmarshal(f.bodies[create], &sent); err != nil {
				t.Fatal(err)
			}
			want := []mount.Mount{
				{Type: mount.TypeVolume, Target: path.Dir(sent.Entrypoint[0]), VolumeOptions: &mount.VolumeOptions{NoCopy: true}},
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
	f := fakeengine.New(map[string][]fakeengine.Answer{"POST /containers/create": {{Status: 400, Body: `{"message": "bind source path does not exist: ` + gone + `"}`}}})
	e := connect(t, f)
	p := plan.Plan{Image: "busybox", Detach: true, Request: fakeengine.Request(),
		Mounts: []plan.Mount{{Type: plan.MountBind, Source: gone, Target: wire.InitPath}}}
	_, err := Run(context.Background(), e, p, fakeengine.Streams(t, "").Streams)
	if err == nil || !strings.Contains(err.Error(), "does not exist") || len(f.Calls()) != 1 {
		t.Errorf("got %v after %q", err, f.Calls())
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
