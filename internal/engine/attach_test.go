package engine

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/docker/docker/api/types"
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
		in := streams(t, input).In
		a := &attachment{conn: types.HijackedResponse{Conn: near}, tty: true}
		if a.copyInput(in, defaultDetachKeys) {
			t.Errorf("%q: detached", input)
		}
		select {
		case text := <-got:
			if text != input {
				t.Errorf("%q arrived as %q", input, text)
			}
		case <-time.After(time.Second):
			t.Errorf("%q does not end", input)
		}
		near.Close()
		far.Close()
		keyboard.Close()
		screen.Close()
	}
}
