package engine

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"

	"ctenv/internal/engine/fakeengine"
	"ctenv/internal/plan"
)

// TestImageName: a derived image is called by what it was made of, and no other image
// can call itself something else.
func TestImageName(t *testing.T) {
	labels := map[string]string{plan.LabelDerivedFrom: "debian"}
	if got := ImageName(plan.DerivedRepository+":1-2", labels); got != "debian" {
		t.Errorf("got %q", got)
	}
	if got := ImageName("busybox", labels); got != "busybox" {
		t.Errorf("got %q", got)
	}
}

func TestList(t *testing.T) {
	f := fakeengine.New(map[string][]fakeengine.Answer{"GET /containers/json": {{Status: 200, Body: `[{
		"Id": "` + fakeengine.ID + `", "Names": ["/box"], "Image": "busybox", "ImageID": "busybox", "State": "running", "Status": "Up 2 hours",
		"Created": 86400, "Ports": [{"IP": "::1", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"}, {"PrivatePort": 443, "Type": "tcp"}],
		"Labels": {"se.osd.ctenv.project_dir": "/src", "se.osd.ctenv.container": "build"}
	}]`}},
		"GET /images/busybox/json": {{Status: 200, Body: `{"Config": {"Labels": {"a": "b"}}}`}}})
	e := connect(t, f)
	list, err := e.List(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"id":"` + fakeengine.ID + `","project_dir":"/src","container":"build","state":"running",` +
		`"status":"Up 2 hours","names":["box"],"image":"busybox","ports":["[::1]:8080-\u003e80/tcp"],"created":"1970-01-02T00:00:00Z"}]`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestEngineSaysNothing: an engine that leaves out what a container is ends nothing but the call.
func TestEngineSaysNothing(t *testing.T) {
	for _, body := range []string{`{}`, `{"Id": "x"}`, `{"State": {}, "Config": {}}`, `{"State": {}, "HostConfig": {}}`, `{"Config": {}, "HostConfig": {}}`} {
		e := connect(t, fakeengine.New(map[string][]fakeengine.Answer{
			"GET /containers/x/json": {{Status: 200, Body: body}},
			"GET /containers/json":   {{Status: 200, Body: `[{"Id": "x", "Names": ["/x"]}]`}},
		}))
		ctx := context.Background()
		if _, over, err := e.EndOf(ctx, "x", nil); over || err != nil {
			t.Errorf("%s: it has ended, or %v", body, err)
		}
		if at, err := e.InitIn(ctx, container.Summary{ID: "x"}); at != "" || err == nil || !strings.Contains(err.Error(), "does not say what container x is") {
			t.Errorf("%s: init in %q, %v", body, at, err)
		}
		if found, err := e.MountedDirectories(ctx); err == nil {
			t.Errorf("%s: mounted are %q", body, found)
		}
	}
}
