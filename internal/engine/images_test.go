package engine

import (
	"context"
	"testing"

	"ctenv/internal/engine/fakeengine"
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
