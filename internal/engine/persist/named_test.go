package persist

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"strings"
	"testing"

	"ctenv/internal/engine"
	"ctenv/internal/engine/fakeengine"
	"ctenv/internal/plan"
	"ctenv/internal/streams"
	"ctenv/internal/wire"
)

func TestNamed(t *testing.T) {
	const other = "0123ffff89abcdef"
	f := fakeengine.New(map[string][]fakeengine.Answer{"GET /containers/json": {{Status: 200, Body: `[
		{"Id": "` + fakeengine.ID + `", "Names": ["/box"], "State": "running", "Labels": {"se.osd.ctenv.uid": "1234"}, "Mounts": [{"Type": "bind", "Destination": "/.ctenv/ctenv-init"}]},
		{"Id": "` + other + `", "Names": ["/0123456"], "State": "running", "Labels": {"se.osd.ctenv.uid": "4321"}, "Mounts": [{"Type": "bind", "Destination": "/.ctenv/ctenv-init"}]}]`}}})
	e := connect(t, f)
	for word, want := range map[string]string{
		"box": fakeengine.ID, fakeengine.ID: fakeengine.ID, "01234567": fakeengine.ID,
		"0123456": "uid 4321", // a name goes before an id
		"0123":    "2 containers",
		"012":     "", "": "", "bo": "", "/box": "",
	} {
		c, ok, err := Named(context.Background(), e, word, 1234)
		got := c.ID
		if err != nil {
			got = err.Error()
		}
		if ok != (err == nil && want != "") || !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%q: got %q, %v, want %q", word, got, ok, want)
		}
		if ok && c.program != "/.ctenv/ctenv-init" {
			t.Errorf("%q: a relay would be %q", word, c.program)
		}
	}
}

// TestWithoutHello: a log is shown without the word, and with all else.
func TestWithoutHello(t *testing.T) {
	hello := wire.HelloText("abc")
	for text, want := range map[string]string{
		hello + "text": "text", hello: "", "text": "text", "\x1b[31mred": "\x1b[31mred", "a" + hello: "a" + hello, hello + hello: hello,
	} {
		for _, size := range []int{1, 100} {
			var out bytes.Buffer
			w := &withoutHello{to: &out, hello: hello}
			for rest := text; rest != ""; rest = rest[min(size, len(rest)):] {
				piece := rest[:min(size, len(rest))]
				if n, err := w.Write([]byte(piece)); n != len(piece) || err != nil {
					t.Fatal(n, err)
				}
			}
			if out.String() != want {
				t.Errorf("%q in pieces of %d: %q, want %q", text, size, out.String(), want)
			}
		}
	}
}

// TestEngineSaysNothing: no part of what an engine leaves out is looked at.
func TestEngineSaysNothing(t *testing.T) {
	ctx, c := context.Background(), Container{ID: "x", Name: "x"}
	e := connect(t, fakeengine.New(map[string][]fakeengine.Answer{"GET /containers/x/json": {{Status: 200, Body: `{}`}}}))
	if _, ok, err := Inspect(ctx, e, c); ok || err == nil {
		t.Errorf("it is there: %v, %v", ok, err)
	}
	if is, err := foreign(ctx, e, plan.Plan{Name: "x"}); is || err == nil {
		t.Errorf("foreign: %v, %v", is, err)
	}
	if !runs(ctx, e, c) {
		t.Error("nobody has said that it has ended")
	}
	if err := RunLogs(ctx, e, c, false, streams.Streams{}); err == nil {
		t.Error("no error from the logs")
	}
}

func connect(t *testing.T, h http.Handler) *engine.Engine {
	t.Helper()
	fakeengine.Serve(t, h)
	e, err := engine.Connect(context.Background(), engine.Options{Getenv: os.Getenv})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}
