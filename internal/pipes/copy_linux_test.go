package pipes

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// ends are the two sides of something that a caller's stream may be: ours, and that of
// whoever is at the other end, nil for a file.
type ends struct{ ours, other *os.File }

func (e ends) close() {
	e.ours.Close()
	if e.other != nil {
		e.other.Close()
	}
}

// kinds are what a caller's stream may be.
var kinds = map[string]func(t *testing.T, output bool) ends{
	"terminal": func(t *testing.T, _ bool) ends {
		terminal, side, err := pty.Open()
		if err != nil {
			t.Fatal(err)
		}
		defer side.Close()
		// As blocking as a shell's, which what Go opens is not.
		fd, err := unix.Open(side.Name(), unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		return ends{os.NewFile(uintptr(fd), "terminal"), terminal}
	},
	"socket": func(t *testing.T, _ bool) ends {
		fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		return ends{os.NewFile(uintptr(fds[0]), "socket"), os.NewFile(uintptr(fds[1]), "socket")}
	},
	"pipe": func(t *testing.T, output bool) ends {
		r, w := pipe(t)
		if output {
			return ends{w, r}
		}
		return ends{r, w}
	},
	"file": func(t *testing.T, _ bool) ends {
		f, err := os.Create(filepath.Join(t.TempDir(), "file"))
		if err != nil {
			t.Fatal(err)
		}
		return ends{ours: f}
	},
	"null": func(t *testing.T, _ bool) ends {
		f, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		return ends{ours: f}
	},
}

// pipe makes one as blocking as those of a shell.
func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	return os.NewFile(uintptr(p[0]), "|"), os.NewFile(uintptr(p[1]), "|")
}

// TestCopyHoldsNothing: a process at the other end of the container's pipe can be
// killed at any time, whatever Copy waits for.
func TestCopyHoldsNothing(t *testing.T) {
	for name, open := range kinds {
		t.Run("input from "+name, func(t *testing.T) {
			r, w := pipe(t)
			in := open(t, false)
			cmd := exec.Command("sleep", "1000")
			cmd.Stdin = r
			dies(t, cmd, r, in, func() { _ = Copy(w, in.ours, new(atomic.Int32)); w.Close() })
		})
		t.Run("output to "+name, func(t *testing.T) {
			r, w := pipe(t)
			out := open(t, true)
			fill(out)
			cmd := exec.Command("yes")
			cmd.Stdout = w
			dies(t, cmd, w, out, func() { _ = Copy(out.ours, r, new(atomic.Int32)); r.Close() })
		})
	}
}

// fill writes until there is no more room.
func fill(e ends) {
	if e.other == nil {
		return
	}
	raw, _ := e.ours.SyscallConn()
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SetNonblock(int(fd), true)
		for _, size := range []int{4096, 1} {
			for n := 1; n > 0; {
				n, _ = unix.Write(int(fd), make([]byte, size))
			}
		}
		_ = unix.SetNonblock(int(fd), false)
	})
}

// dies starts cmd, which has theirs, and the copy, and kills it while the copy waits.
func dies(t *testing.T, cmd *exec.Cmd, theirs *os.File, e ends, copyAll func()) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	theirs.Close()
	copied := make(chan bool)
	go func() {
		defer close(copied)
		copyAll()
	}()
	time.Sleep(100 * time.Millisecond)
	cmd.Process.Kill()
	dead := make(chan bool)
	go func() {
		cmd.Wait()
		close(dead)
	}()
	select {
	case <-dead:
	case <-time.After(10 * time.Second):
		t.Error("the process does not die")
	}
	// The other end goes, and with it the wait.
	if e.other != nil {
		e.other.Close()
	}
	<-copied
	<-dead
	e.ours.Close()
}

// TestCopy: every byte, in every direction.
func TestCopy(t *testing.T) {
	want := bytes.Repeat([]byte(strings.Repeat("0123456789\n", 100)), 300)
	for name, open := range kinds {
		if name == "null" {
			continue
		}
		for flag, nonblock := range map[string]bool{"": false, ", O_NONBLOCK": true} {
			t.Run("input from "+name+flag, func(t *testing.T) {
				r, w := pipe(t)
				in := open(t, false)
				set(t, in.ours, nonblock)
				switch {
				case in.other == nil:
					in.ours.Write(want)
					in.ours.Seek(0, io.SeekStart)
				default:
					go func() {
						time.Sleep(20 * time.Millisecond) // so that there is a wait
						in.other.Write(want)
						if name == "terminal" {
							in.other.Write([]byte{4}) // end of file (termios(3), VEOF)
							return
						}
						in.other.Close()
					}()
				}
				go func() {
					if err := Copy(w, in.ours, new(atomic.Int32)); err != nil {
						t.Error(err)
					}
					w.Close()
				}()
				if got, _ := io.ReadAll(r); !bytes.Equal(got, want) {
					t.Errorf("%d bytes, not %d", len(got), len(want))
				}
				in.close()
			})
			t.Run("output to "+name+flag, func(t *testing.T) {
				r, w := pipe(t)
				out := open(t, true)
				set(t, out.ours, nonblock)
				go func() {
					w.Write(want)
					w.Close()
				}()
				done := make(chan error, 1)
				go func() {
					done <- Copy(out.ours, r, new(atomic.Int32))
					if out.other != nil {
						out.ours.Close()
					}
				}()
				from := out.other
				if from == nil {
					if err := <-done; err != nil {
						t.Error(err)
					}
					from = out.ours
					from.Seek(0, io.SeekStart)
				}
				time.Sleep(20 * time.Millisecond)
				got, _ := io.ReadAll(from) // a terminal ends in EIO
				if got = bytes.ReplaceAll(got, []byte("\r\n"), []byte("\n")); !bytes.Equal(got, want) {
					t.Errorf("%d bytes, not %d", len(got), len(want))
				}
				if out.other != nil {
					if err := <-done; err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
}

// set sets O_NONBLOCK behind the back of the file, as another process would.
func set(t *testing.T, f *os.File, nonblock bool) {
	t.Helper()
	raw, err := f.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Control(func(fd uintptr) { _ = unix.SetNonblock(int(fd), nonblock) }); err != nil {
		t.Fatal(err)
	}
}
