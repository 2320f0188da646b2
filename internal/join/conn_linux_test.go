package join

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// pair is two ends of a connection by a socket in a directory.
func pair(t *testing.T) (client, server *Conn) {
	t.Helper()
	d := openDir(t)
	listener, err := d.Listen("word")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	link, err := d.Dial("word")
	if err != nil {
		t.Fatal(err)
	}
	server, err = Accept(listener)
	if err != nil {
		t.Fatal(err)
	}
	client = link.(*Conn)
	t.Cleanup(func() { client.Close(); server.Close() })
	return client, server
}

func openDir(t *testing.T) *Dir {
	t.Helper()
	// Longer than a socket's path may be.
	path := filepath.Join(t.TempDir(), strings.Repeat("long", 30), "ctenv")
	d, err := OpenDir(path, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func TestConn(t *testing.T) {
	client, server := pair(t)
	for _, c := range []*Conn{client, server} {
		if uid, inside, err := c.Peer(); err != nil || uid != os.Getuid() || !inside {
			t.Errorf("the peer is %d, inside %v, %v", uid, inside, err)
		}
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	// Larger than any socket's buffer, with descriptors, and something after it.
	large := bytes.Repeat([]byte("0123456789abcdef"), 4<<20/16)
	sent := make(chan error, 1)
	go func() {
		err := client.Send(KindRequest, large, w, w)
		w.Close()
		sent <- errors.Join(err, client.Send(KindSignal, []byte{15}))
	}()
	f, err := server.Receive()
	if err != nil || f.Kind != KindRequest || !bytes.Equal(f.Payload, large) || len(f.Files) != 2 {
		t.Fatalf("got %q, %d bytes, %d files, %v", f.Kind, len(f.Payload), len(f.Files), err)
	}
	for _, file := range f.Files {
		if flags, err := unix.FcntlInt(file.Fd(), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
			t.Errorf("flags %#x, %v: a command would get it", flags, err)
		}
		if _, err := file.WriteString("x"); err != nil {
			t.Error(err)
		}
	}
	f.Close()
	if got, err := io.ReadAll(r); string(got) != "xx" || err != nil {
		t.Errorf("through the pipe came %q, %v", got, err)
	}
	if f, err := server.Receive(); err != nil || f.Kind != KindSignal || len(f.Files) != 0 {
		t.Errorf("got %+v, %v", f, err)
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
	client.Close()
	if _, err := server.Receive(); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
	if err := server.Send(KindBegun, nil); err == nil {
		t.Error("a frame goes to nobody")
	}
}

// TestShownNothing: who shows nothing is not waited for.
func TestShownNothing(t *testing.T) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	here, there := NewConn(fds[0]), NewConn(fds[1])
	defer here.Close()
	defer there.Close()
	if err := here.shown("word", time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
	if err := there.Show("word"); err != nil {
		t.Fatal(err)
	}
	if err := here.shown("word", time.Minute); err != nil {
		t.Error(err)
	}
}

// Somebody who sends descriptors without end, or fewer than he says, is cut off.
func TestConnRefuses(t *testing.T) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	for name, c := range map[string]struct {
		header string
		files  int
	}{
		"too many": {"B\x00\x00\x00\x00\x00", MaxFiles + 1},
		"too few":  {"B\x02\x00\x00\x00\x00", 1},
	} {
		client, server := pair(t)
		var fds []int
		for range c.files {
			fds = append(fds, int(null.Fd()))
		}
		if err := unix.Sendmsg(rawFD(client.f), []byte(c.header), unix.UnixRights(fds...), nil, 0); err != nil {
			t.Fatal(err)
		}
		if f, err := server.Receive(); err == nil {
			t.Errorf("%s: got %+v", name, f)
		}
		server.Forget()
	}
}

func TestDir(t *testing.T) {
	d := openDir(t)
	if _, err := d.Dial("none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a name that there is not: %v", err)
	}
	listener, err := d.Listen("word")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // an older one gives way
		if err := d.Alias("word", "key"); err != nil {
			t.Fatal(err)
		}
	}
	link, err := d.Dial("key")
	if err != nil {
		t.Fatal(err)
	}
	link.Close()

	// Of who has ended nothing is left but names, which go.
	listener.Close()
	if _, err := d.Dial("key"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a socket that nobody has: %v", err)
	}
	left := func() int {
		entries, err := os.ReadDir(d.f.Name())
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	if n := left(); n != 0 {
		t.Errorf("%d names are left", n)
	}
	for _, name := range []string{"dead", "live", "new"} {
		listener, err := d.Listen(name)
		if err != nil {
			t.Fatal(err)
		}
		if name == "live" {
			defer listener.Close()
		} else {
			listener.Close()
		}
		if name != "new" {
			old := time.Now().Add(-2 * sweepAge)
			if err := os.Chtimes(filepath.Join(d.f.Name(), name), old, old); err != nil {
				t.Fatal(err)
			}
		}
	}
	// What an image's label says is no way out of here.
	outside := filepath.Join(t.TempDir(), "kept")
	if err := os.WriteFile(outside, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	up, err := filepath.Rel(d.f.Name(), outside)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{outside, up, "", ".", ".."} {
		d.Remove(name)
		_, dialled := d.Dial(name)
		_, listened := d.Listen(name)
		if dialled != errName || listened != errName || d.Alias(name, "x") != errName || d.Alias("x", name) != errName {
			t.Errorf("%q: %v, %v", name, dialled, listened)
		}
	}
	if _, err := os.Lstat(outside); err != nil {
		t.Error(err)
	}
	lock := filepath.Join(d.f.Name(), "a.lock")
	if err := os.WriteFile(lock, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(lock, time.Unix(0, 0), time.Unix(0, 0)); err != nil {
		t.Fatal(err)
	}
	d.Sweep()
	if n := left(); n != 3 {
		t.Errorf("%d names are left of a dead one, a live one, a new one and a file", n)
	}
}

func TestOpenDirRefuses(t *testing.T) {
	dir := t.TempDir()
	if _, err := OpenDir(filepath.Join(dir, "none"), false); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("none: %v", err)
	}
	open := filepath.Join(dir, "open")
	if err := os.Mkdir(open, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(open, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenDir(filepath.Join(dir, "link"), true); err == nil {
		t.Error("a symlink is followed")
	}
	if err := os.Chmod(open, 0o710); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenDir(open, true); err == nil {
		t.Error("one that others can enter is taken")
	}
	if os.Getuid() == 0 {
		if err := os.Chmod(open, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(open, 4242, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenDir(open, true); err == nil {
			t.Error("another's is taken")
		}
	}
}
