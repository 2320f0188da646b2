package engine

import (
	"context"
	"errors"
	"strings"
	"testing"

	"ctenv/internal/engine/conn"
	"ctenv/internal/hint"
	"ctenv/internal/plan"
	"ctenv/internal/streams"
)

// Hints name the command of the engine that is there.
func TestHintsOfPodman(t *testing.T) {
	podman := &Engine{Conn: &conn.Conn{Podman: true}}
	for name, err := range map[string]error{
		"podman network create": podman.networkMissing("x"),
		"podman pull":           podman.pullMissing(context.Background(), plan.Plan{Image: "x", Pull: PullNever}, ImageState{}, streams.Streams{}),
		"podman ps":             podman.StartError(errors.New("port is already allocated"), plan.Plan{}),
	} {
		if way, _ := hint.Of(err); !strings.Contains(way, "`"+name) || strings.Contains(way, "docker") {
			t.Errorf("%v: hint %q", err, way)
		}
	}
}

// Lines to paste have the words of a project's file quoted.
func TestHintsAreQuoted(t *testing.T) {
	e := &Engine{Conn: &conn.Conn{}}
	for want, err := range map[string]error{
		"network create 'x;id'":            e.networkMissing("x;id"),
		"pull --platform 'linux/x;id' img": e.pullMissing(context.Background(), plan.Plan{Image: "img", Platform: "linux/x;id", Pull: PullNever}, ImageState{Platform: "linux/amd64"}, streams.Streams{}),
	} {
		if way, _ := hint.Of(err); !strings.Contains(way, "`docker "+want+"`") {
			t.Errorf("%q, want %q", way, want)
		}
	}
}
