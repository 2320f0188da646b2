package pipes

import (
	"bytes"
	"fmt"
	"testing"
	"time"

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

// A terminal holds more than it says: all of it is read, and no more than there may be where
// somebody goes on writing.
func TestDrainTerminal(t *testing.T) {
	for name, goesOn := range map[string]bool{"full": false, "written to for ever": true} {
		t.Run(name, func(t *testing.T) {
			master, screen := rawTerminal(t)
			var got []byte
			more := make([]byte, 1<<10)
			tap, err := NewTap(master, func(piece []byte) {
				got = append(got, piece...)
				if goesOn && len(got) < 100*maxTerminal {
					_, _ = unix.Write(screen, more)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			defer tap.Close()
			var want []byte
			// What is on the way moves on meanwhile, and leaves room.
			for full := 0; full < 5; {
				piece := bytes.Repeat([]byte{byte('a' + len(want)%26)}, 251)
				n, err := unix.Write(screen, piece)
				if want = append(want, piece[:max(n, 0)]...); err != nil {
					full++
					time.Sleep(10 * time.Millisecond)
				}
			}
			open := tap.Drain()
			if !open || !bytes.HasPrefix(got, want) || !goesOn && len(got) > len(want) || len(got) > 2*maxTerminal {
				t.Errorf("open %v, %d bytes of %d", open, len(got), len(want))
			}
		})
	}
}

// rawTerminal makes a terminal that changes nothing of what is written to it. Neither side waits.
func rawTerminal(t *testing.T) (master, screen int) {
	t.Helper()
	master, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(master, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(master, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	screen, err = unix.Open(fmt.Sprintf("/dev/pts/%d", number), unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(screen) })
	mode, err := unix.IoctlGetTermios(screen, unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	mode.Oflag, mode.Lflag = 0, 0
	if err := unix.IoctlSetTermios(screen, unix.TCSETS, mode); err != nil {
		t.Fatal(err)
	}
	return master, screen
}
