package engine

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/docker/docker/api/types/container"

	"ctenv/internal/engine/fakeengine"
	"ctenv/internal/plan"
	"ctenv/internal/wire"
)

// TestCreateWithoutTheSocket: an engine that may not mount the streams' socket is asked for a
// container that neither has it nor waits for what would come by it.
func TestCreateWithoutTheSocket(t *testing.T) {
	const socket = "/run/user/1234/ctenv/streams-x/socket"
	type asked struct{ mounted, fetches bool }
	var all []asked
	e := connect(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			container.Config
			HostConfig container.HostConfig
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		req, _, err := wire.Decode(body.Env)
		if err != nil {
			t.Error(err)
		}
		a := asked{fetches: req.Streams != ""}
		for _, m := range body.HostConfig.Mounts {
			a.mounted = a.mounted || m.Source == socket
		}
		if all = append(all, a); len(all) > 3 {
			t.Error("it is asked for the same again and again")
			http.Error(w, `{"message": "enough"}`, http.StatusTeapot)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		if a.mounted {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"message": "invalid mount config for type \"bind\": bind source path does not exist: `+socket+`"}`)
			return
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"Id": "`+fakeengine.ID+`"}`)
	}))
	p := plan.Plan{Image: "busybox", Name: "box", Entrypoint: []string{wire.InitPath}, Request: fakeengine.Request()}.WithStreams("0123456789abcdef0123456789abcdef", socket)
	made, err := e.Create(context.Background(), p, nil, fakeengine.Streams(t, "").Streams)
	if err != nil || made.ID != fakeengine.ID || !made.NoStreams {
		t.Errorf("got %+v, %v", made, err)
	}
	if want := []asked{{true, true}, {}}; len(all) != 2 || all[0] != want[0] || all[1] != want[1] {
		t.Errorf("asked for %+v, want %+v", all, want)
	}
	if p.StreamsSocket() != socket || p.Request.Streams == "" {
		t.Error("the plan itself has changed")
	}
}
