package streams

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/creack/pty"
)

// What reads from the container's terminal has to see the end of the input.
func TestInputEndsInATerminal(t *testing.T) {
	for _, input := range []string{"", "abc", "abc\n", "abc\ndef"} {
		near, far := net.Pipe()
		keyboard, screen, err := pty.Open()
		if err != nil {
			t.Fatal(err)
		}
		// The engine's part.
		go io.Copy(keyboard, far)
		got := make(chan string, 1)
		go func() {
			text := ""
			for b := make([]byte, 100); ; {
				n, err := screen.Read(b)
				if text += string(b[:n]); err != nil {
					got <- text
					return
				}
			}
		}()
		name := filepath.Join(t.TempDir(), "input")
		if err := os.WriteFile(name, []byte(input), 0o600); err != nil {
			t.Fatal(err)
		}
		in, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		if TypeInto(near, in, DefaultDetachKeys) {
			t.Errorf("%q: detached", input)
		}
		select {
		case text := <-got:
			if text != input {
				t.Errorf("%q arrived as %q", input, text)
			}
		case <-time.After(time.Minute):
			t.Errorf("%q does not end", input)
		}
		near.Close()
		far.Close()
		keyboard.Close()
		screen.Close()
	}
}
