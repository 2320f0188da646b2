package persist

import (
	"context"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ctenv/internal/engine/fakeengine"
	"ctenv/internal/engine/process"
	"ctenv/internal/join"
	"ctenv/internal/wire"
)

// TestSetUpLastWords: what a container has said as it is killed is written.
func TestSetUpLastWords(t *testing.T) {
	for range 20 {
		fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		words := strings.Repeat("x", 60<<10)
		go func() {
			link := join.NewConn(fds[1])
			defer link.Close()
			say(t, link, join.KindHello, join.Hello{Version: join.Version, Request: wire.Version, Note: "{}"})
			f, err := link.Receive()
			if err != nil || len(f.Files) != 1 {
				t.Errorf("got %d files, %v", len(f.Files), err)
				return
			}
			defer f.Close()
			_, _ = f.Files[0].WriteString(words)
		}()
		s := fakeengine.Streams(t, "")
		en, err := process.Enter(context.Background(), join.NewConn(fds[0]), true, s.Streams)
		if err != nil {
			t.Fatal(err)
		}
		st := &setup{s: s.Streams}
		if end := st.read(en); end.Err == nil {
			t.Errorf("got %+v", end)
		}
		en.Close()
		if got := fakeengine.Read(t, s.ErrFile); got != words {
			t.Fatalf("%d bytes of %d were written", len(got), len(words))
		}
	}
}
