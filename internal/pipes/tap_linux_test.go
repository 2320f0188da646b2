package pipes

import (
	"testing"

	"golang.org/x/sys/unix"
)

// What goes on writing does not hold who wants what is there.
func TestDrainEnds(t *testing.T) {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		t.Fatal(err)
	}
	takes, size := 0, 0
	tap, err := NewTap(fds[0], func(piece []byte) {
		takes, size = takes+1, size+len(piece)
		if takes < 1000 {
			_, _ = unix.Write(fds[1], piece) // as fast as it is read
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer tap.Close()
	if _, err := unix.Write(fds[1], make([]byte, 50<<10)); err != nil {
		t.Fatal(err)
	}
	if open := tap.Drain(); !open || takes >= 1000 || size < 50<<10 {
		t.Errorf("open %v after %d pieces, %d bytes", open, takes, size)
	}
	unix.Close(fds[1])
	for range 1000 { // the rest
		if !tap.Drain() {
			return
		}
	}
	t.Error("nobody has the other end, and it counts as open")
}
