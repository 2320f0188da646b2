package engine

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"ctenv/internal/engine/fakeengine"
	"ctenv/internal/plan"
)

// TestInspectImage: what podman says of an image that somebody writes at that moment is not
// what there is to say of it.
func TestInspectImage(t *testing.T) {
	const path = "GET /images/busybox/json"
	torn := fakeengine.Answer{Status: 500, Body: `{"message": "locating item named \"manifest\" for image with ID \"1\": file does not exist"}`}
	there := fakeengine.Answer{Status: 200, Body: `{"Id": "1"}`}
	for name, tt := range map[string]struct {
		answers []fakeengine.Answer
		id      string
	}{
		"for a moment":    {[]fakeengine.Answer{torn, torn, there}, "1"},
		"for ever":        {[]fakeengine.Answer{torn}, ""},
		"another mistake": {[]fakeengine.Answer{{Status: 500, Body: `{"message": "no"}`}, there}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			e := connect(t, fakeengine.New(map[string][]fakeengine.Answer{path: tt.answers}))
			if found, err := e.InspectImage(context.Background(), "busybox"); found.ID != tt.id || (err == nil) != (tt.id != "") {
				t.Errorf("got %q, %v", found.ID, err)
			}
		})
	}
}

// TestLookAtImageOfPlatform: a name stands for an image of each platform in docker's
// containerd store, which an engine of API 1.49 tells apart when it is asked.
func TestLookAtImageOfPlatform(t *testing.T) {
	for name, tt := range map[string]struct {
		api, store, platform string
		usable               bool
	}{
		"of the engine's own":         {"1.51", "containerd", "linux/amd64", true},
		"the other that is there":     {"1.51", "containerd", "linux/arm64", true},
		"one that is not":             {"1.51", "containerd", "linux/s390x", false},
		"another store":               {"1.51", "overlay2", "linux/arm64", false},
		"an engine that cannot tell":  {"1.48", "containerd", "linux/arm64", false},
		"one of which nobody asks it": {"1.51", "containerd", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked := r.URL.Query().Get("platform")
				switch arm := asked == `{"architecture":"arm64","os":"linux"}`; {
				case r.URL.Path == "/_ping":
					w.Header().Set("API-Version", tt.api)
				case asked == "":
					fmt.Fprint(w, `{"Os": "linux", "Architecture": "amd64"}`)
				case arm && tt.store == "containerd":
					fmt.Fprint(w, `{"Os": "linux", "Architecture": "arm64"}`)
				default:
					w.WriteHeader(http.StatusNotFound)
				}
			}))
			t.Cleanup(server.Close)
			t.Setenv("DOCKER_HOST", "tcp://"+server.Listener.Addr().String())
			e, err := Connect(context.Background(), Options{Getenv: os.Getenv})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			state, err := e.LookAtImage(context.Background(), plan.Plan{Image: "busybox", Platform: tt.platform})
			if err != nil || state.Usable != tt.usable || tt.usable && tt.platform != "" && state.Platform != tt.platform {
				t.Errorf("got %+v, %v", state, err)
			}
		})
	}
}
