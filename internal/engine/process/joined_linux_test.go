package process

import (
	"context"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

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

// TestJoinedReaderStops: a signal ends the wait for somebody who has stopped to read what a command
// has written, and the command's code is none of what comes of that.
func TestJoinedReaderStops(t *testing.T) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		link := join.NewConn(fds[1])
		defer link.Close()
		f, err := link.Receive()
		if err != nil || len(f.Files) == 0 {
			t.Errorf("got %d files, %v", len(f.Files), err)
			return
		}
		_ = link.Send(join.KindBegun, nil)
		_, _ = f.Files[0].Write(make([]byte, 100<<10)) // more than one pipe holds, less than two
		f.Close()
		end, _ := join.Encode(join.End{})
		if err := link.Send(join.KindEnd, end); err != nil {
			t.Error(err)
		}
	}()
	s := fakeengine.Streams(t, "")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	s.Out = w
	sigs := tty.ExpectSignals()
	defer sigs.Stop()
	done := fakeengine.Go(func() (int, error) {
		en := &Entry{link: join.NewConn(fds[0]), local: true, ready: true}
		code, _, err := en.Exec(context.Background(), plan.Exec{Request: fakeengine.Request()}, s.Streams, sigs, os.Getenv)
		return code, err
	})
	<-ended
	time.Sleep(time.Second) // until the end has been read, too
	fakeengine.Interrupt(t, syscall.SIGINT)
	fakeengine.Ends(t, done, 130)
}
