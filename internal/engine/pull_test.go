package engine

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"ctenv/internal/engine/conn"
	"ctenv/internal/hint"
	"ctenv/internal/plan"
	"ctenv/internal/streams"
)

// TestImageThatDockerMayHave: where docker's engine is there and refuses, an image that is
// missing may be there. Where no docker is installed there is nothing to say.
func TestImageThatDockerMayHave(t *testing.T) {
	for cause, want := range map[error]bool{fs.ErrPermission: true, fs.ErrNotExist: false, nil: false} {
		e := &Engine{Conn: &conn.Conn{Podman: true}}
		if cause != nil {
			e.PassedOver = &Error{Msg: "no docker", Err: cause}
		}
		err := e.pullMissing(context.Background(), plan.Plan{Image: "x", Pull: PullNever}, ImageState{}, streams.Streams{})
		if way, _ := hint.Of(err); strings.Contains(way, "no docker") != want {
			t.Errorf("%v: hint %q", cause, way)
		}
	}
}

func TestPullHint(t *testing.T) {
	for text, want := range map[string]string{
		"pull access denied for x, repository does not exist or may require 'docker login': denied: requested access to the resource is denied":                                       "check the name; a private image needs `docker login reg`",
		`Head "http://reg/v2/box/manifests/latest": no basic auth credentials`:                                                                                                        "the registry wants a user and a password",
		"failed to resolve reference \"reg/box:latest\": pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials": "the registry wants a user and a password",
		"unauthorized: authentication required":                           "the registry wants a user and a password",
		"manifest for x:y not found: manifest unknown: manifest unknown":  "check the name, the tag",
		"no matching manifest for linux/arm/v5 in the manifest list":      "check the name, the tag and the platform",
		`Get "https://reg/v2/": dial tcp: lookup reg: no such host`:       "does the engine reach the registry reg?",
		`Get "https://reg/v2/": http: server gave HTTP response to HTTPS`: "a registry without TLS",
	} {
		if got := pullHint(errors.New(text), "reg"); !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
