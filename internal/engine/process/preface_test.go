package process

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"ctenv/internal/engine"
	"ctenv/internal/engine/fakeengine"
	"ctenv/internal/plan"
	"ctenv/internal/streams"
	"ctenv/internal/wire"
)

// TestInitNeverRan: what an engine's init says and ends with is no command's.
func TestInitNeverRan(t *testing.T) {
	for code, never := range map[string]bool{
		"0": true, "1": true, "126": true, "127": true, "132": true, "139": true,
		"125": false, "137": false, "143": false,
	} {
		t.Run(code, func(t *testing.T) {
			f := fakeengine.New(map[string][]fakeengine.Answer{"POST /containers/" + fakeengine.ID + "/wait": {{Status: 200, Body: `{"StatusCode": ` + code + `}`}}})
			f.Words = "some init: no way\n"
			s := fakeengine.Streams(t, "")
			p := plan.Plan{Image: "busybox", Name: "box", OpenStdin: true, Request: fakeengine.Request(),
				Mounts: []plan.Mount{{Type: plan.MountBind, Source: "/nowhere/ctenv-init", Target: wire.InitPath}}}
			_, err := Run(context.Background(), connect(t, f), p, s.Streams)
			out, errOut := fakeengine.Read(t, s.OutFile), fakeengine.Read(t, s.ErrFile)
			if !never {
				if err != nil || out != "" || errOut != f.Words {
					t.Errorf("error %v, stdout %q, stderr %q", err, out, errOut)
				}
				return
			}
			engErr := (*engine.Error)(nil)
			if !errors.As(err, &engErr) || engErr.Error() != `ctenv-init, "/nowhere/ctenv-init", cannot be executed in the container: some init: no way` ||
				!strings.Contains(engErr.Hint, "XDG_CACHE_HOME") {
				t.Errorf("got %v", err)
			}
			if out != "" || errOut != "" {
				t.Errorf("stdout %q, stderr %q", out, errOut)
			}
		})
	}
}

// TestPreface: ctenv-init's word is taken out, however it comes, and nothing is lost.
func TestPreface(t *testing.T) {
	before, _ := newPreface(plan.Plan{}, nil)
	hello := before.hello
	for name, pieces := range map[string][]string{
		"at once":  {"a warning\n" + hello + "hi"},
		"in parts": {"a warning\n" + hello[:5], hello[5:], "hi"},
		"bytes":    strings.Split("a warning\n"+hello+"hi", ""),
	} {
		t.Run(name, func(t *testing.T) {
			b := &preface{hello: hello, known: make(chan struct{})}
			var out, errOut bytes.Buffer
			toOut, toErr := b.holding(&out), b.holding(&errOut)
			for _, piece := range pieces {
				if n, err := toErr.Write([]byte(piece)); n != len(piece) || err != nil {
					t.Fatal(n, err)
				}
			}
			_, _ = toOut.Write([]byte(hello)) // the command's own bytes, by now
			if errOut.String() != "a warning\nhi" || out.String() != hello {
				t.Errorf("stdout %q, stderr %q", out.String(), errOut.String())
			}
		})
	}
	t.Run("too much", func(t *testing.T) {
		b, out := &preface{hello: hello, known: make(chan struct{})}, bytes.Buffer{}
		text := strings.Repeat("x", streams.MaxSaid+1)
		_, _ = b.holding(&out).Write([]byte(text))
		if out.String() != text || b.neverRan(1) != nil {
			t.Errorf("%d bytes of %d, %v", out.Len(), len(text), b.neverRan(1))
		}
	})
}
