package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"ctenv/internal/engine/fakeengine"
	"ctenv/internal/procid"
)

// TestAfterDead: what dead clients have made goes, and not what has their labels from its
// image.
func TestAfterDead(t *testing.T) {
	alive := procid.Self()
	dead := alive + "0" // started at another time
	box := func(name, managed, client, image string) string {
		return fmt.Sprintf(`{"Id": %q, "Names": ["/%[1]s"], "State": "created", "ImageID": %q, "Labels": {"se.osd.ctenv.uid": "1", %s "se.osd.ctenv.client": %q}}`, name, image, managed, client)
	}
	const managed = `"se.osd.ctenv.managed": "true",`
	bare := fakeengine.Answer{Status: 200, Body: `{"State": {}, "Config": {}, "HostConfig": {}}`}
	f := fakeengine.New(map[string][]fakeengine.Answer{
		"GET /containers/json": {{Status: 200, Body: "[" + strings.Join([]string{
			box("ours", managed, dead, "busybox"), box("lives", managed, alive, "busybox"), box("labelled", managed, dead, "hostile"), box("half", "", dead, "busybox"),
		}, ",") + "]"}},
		"GET /images/hostile/json":      {{Status: 200, Body: `{"Config": {"Labels": {"se.osd.ctenv.managed": "true"}}}`}},
		"GET /containers/labelled/json": {bare},
		"DELETE /containers/ours":       {{Status: 204}},
		"DELETE /containers/labelled":   {{Status: 204}},
		"DELETE /containers/half":       {{Status: 204}},
	})
	connect(t, f).AfterDead(context.Background(), "1")()
	removed := slices.DeleteFunc(f.Calls(), func(call string) bool { return !strings.HasPrefix(call, "DELETE") })
	if got := strings.Join(removed, ", "); got != "DELETE /containers/ours" {
		t.Errorf("removed by %q", got)
	}
}
