package engine

import (
	"context"
	"encoding/json"
	"testing"

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
