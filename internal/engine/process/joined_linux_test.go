package process

import (
	"context"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ctenv/internal/engine/fakeengine"
	"ctenv/internal/join"
	"ctenv/internal/plan"
	"ctenv/internal/tty"
)

// TestJoinedLastWords: what a command has written as its container is killed is there.
func TestJoinedLastWords(t *testing.T) {
	words := strings.Repeat("x", 60<<10)
	for range 20 {
		fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			link := join.NewConn(fds[1])
			defer link.Close()
			f, err := link.Receive()
			if err != nil || len(f.Files) == 0 {
				t.Errorf("got %d files, %v", len(f.Files), err)
				return
			}
			defer f.Close()
			if err := link.Send(join.KindBegun, nil); err != nil {
				t.Error(err)
			}
			_, _ = f.Files[0].WriteString(words)
		}()
		s := fakeengine.Streams(t, "")
		sigs := tty.ExpectSignals()
		en := &Entry{link: join.NewConn(fds[0]), local: true, ready: true}
		_, _, err = en.Exec(context.Background(), plan.Exec{Request: fakeengine.Request()}, s.Streams, sigs, os.Getenv)
		if err == nil || !strings.Contains(err.Error(), "ended before the command did") {
			t.Errorf("got %v", err)
		}
		got := fakeengine.Read(t, s.OutFile)
		sigs.Stop()
		if got != words {
			t.Fatalf("%d bytes of %d were written", len(got), len(words))
		}
	}
}
