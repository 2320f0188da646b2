package takeover

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"ctenv/internal/scratchroot"
)

const word = "0123456789abcdef0123456789abcdef"

// offer listens on a socket and sends who connects one message, which fits or not.
func offer(t *testing.T, targets []byte, fds []int, fits bool) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		asked := make([]byte, len(word))
		if _, err := io.ReadFull(conn, asked); err != nil || string(asked) != word {
			t.Errorf("asked with %q, %v", asked, err)
		}
		if len(targets) == 0 {
			return
		}
		if _, _, err := conn.(*net.UnixConn).WriteMsgUnix(targets, unix.UnixRights(fds...), nil); err != nil {
			t.Error(err)
		}
		answer, err := io.ReadAll(conn)
		if err != nil && !errors.Is(err, unix.ECONNRESET) {
			t.Error(err)
		}
		if taken := string(answer) == "\x01"; taken != fits {
			t.Errorf("%v for %v is answered by %q", fds, targets, answer)
		}
	}()
	return path
}

func TestReceiveStreams(t *testing.T) {
	if !scratchroot.InNamespace(t) {
		return
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	null, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	named := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(named, 0o600); err != nil {
		t.Fatal(err)
	}
	fifo, err := unix.Open(named, unix.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Fchown(fifo, 4242, 4343); err != nil {
		t.Fatal(err)
	}
	pipe, file := int(w.Fd()), int(null.Fd())
	for name, c := range map[string]struct {
		targets []byte
		fds     []int
	}{
		"nothing":                {nil, nil},
		"a file":                 {[]byte{0}, []int{file}},
		"a pipe with a name":     {[]byte{0}, []int{fifo}},
		"a pipe and a file":      {[]byte{0, 1}, []int{pipe, file}},
		"another descriptor":     {[]byte{3}, []int{pipe}},
		"twice the same":         {[]byte{1, 1}, []int{pipe, pipe}},
		"fewer than announced":   {[]byte{0, 1}, []int{pipe}},
		"more than announced":    {[]byte{0}, []int{pipe, pipe}},
		"more than there can be": {[]byte{0, 1, 2, 0, 1}, []int{pipe, pipe, pipe, pipe, pipe}},
	} {
		var before, after [3]unix.Stat_t
		for fd := range before {
			_ = unix.Fstat(fd, &before[fd])
		}
		if err := Streams(offer(t, c.targets, c.fds, false), word); err == nil {
			t.Errorf("%s: no error", name)
		}
		for fd := range after {
			_ = unix.Fstat(fd, &after[fd])
			if after[fd].Ino != before[fd].Ino {
				t.Errorf("%s: descriptor %d has changed", name, fd)
			}
		}
	}
	if scratchroot.Owner(t, named) != [2]int{4242, 4343} {
		t.Error("a pipe with a name has changed hands")
	}
	if err := Streams("/nowhere", word); err != unix.ENOENT {
		t.Errorf("no socket: %v", err)
	}

	saved, err := unix.Dup(1)
	if err != nil {
		t.Fatal(err)
	}
	err = Streams(offer(t, []byte{1}, []int{pipe}, true), word)
	if err == nil {
		_, err = os.Stdout.WriteString("through the pipe")
	}
	if restoreErr := unix.Dup3(saved, 1, 0); restoreErr != nil {
		t.Fatal(restoreErr)
	}
	if err != nil {
		t.Fatal(err)
	}
	w.Close()
	if got, err := io.ReadAll(r); string(got) != "through the pipe" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}
