package derive

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/image"

	"ctenv/internal/engine"
	"ctenv/internal/engine/fakeengine"
	"ctenv/internal/plan"
	"ctenv/internal/wire"
)

// made is what is derived from the image called base, by a command of its own.
func made(command string) plan.Derivation {
	return plan.Derivation{From: "base", Install: wire.Install{Commands: []wire.Text{wire.Text(command)}}}
}

// withImages is an engine that has images, the newest first, of which "base" is now the one with
// the id "new".
func withImages(t *testing.T, names ...string) (*fakeengine.Fake, *engine.Engine) {
	t.Helper()
	var list []image.Summary
	answers := map[string][]fakeengine.Answer{"GET /images/base/json": {{Status: 200, Body: `{"Id": "new"}`}}}
	for i, name := range names {
		list = append(list, image.Summary{ID: fmt.Sprint("made", i), RepoTags: []string{name}, Created: int64(1000 - i), Labels: map[string]string{plan.LabelDerivedFrom: "base"}})
		answers["DELETE /images/"+name] = []fakeengine.Answer{{Status: 200, Body: "[]"}}
	}
	slices.Reverse(list) // an engine lists them as it likes
	body, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	answers["GET /images/json"] = []fakeengine.Answer{{Status: 200, Body: string(body)}}
	fake := fakeengine.New(answers)
	fakeengine.Serve(t, fake)
	e, err := engine.Connect(context.Background(), engine.Options{Getenv: os.Getenv})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return fake, e
}

func removed(fake *fakeengine.Fake) []string {
	var names []string
	for _, call := range fake.Calls() {
		if name, ok := strings.CutPrefix(call, "DELETE /images/"); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// TestTrim: a new image takes the place of the one by the same recipe, and of the oldest.
func TestTrim(t *testing.T) {
	d := made("x")
	names := []string{d.Name("new")}
	var want []string
	for i := 1; i < maxDerived+3; i++ {
		names = append(names, made(fmt.Sprint(i)).Name("new"))
		if i >= maxDerived {
			want = append(want, names[i])
		}
	}
	names[3] = d.Name("old")
	want = append(want, names[3])
	slices.Sort(want)
	fake, e := withImages(t, names...)
	trim(context.Background(), e, plan.Plan{Image: d.Name("new"), Derive: &d})
	if got := removed(fake); !slices.Equal(got, want) {
		t.Errorf("removed %q, want %q", got, want)
	}
}

// TestLeft: clean takes those whose base is another one now, and all where it is told to.
func TestLeft(t *testing.T) {
	now, before := made("x").Name("new"), made("y").Name("old")
	for everyone, want := range map[bool][]string{false: {before}, true: {before, now}} {
		fake, e := withImages(t, now, before)
		left, err := Left(context.Background(), e, everyone)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range left {
			if err := l.Take(context.Background()); err != nil {
				t.Error(err)
			}
		}
		slices.Sort(want)
		if got := removed(fake); !slices.Equal(got, want) {
			t.Errorf("everyone %v: removed %q, want %q", everyone, got, want)
		}
	}
}
