package streams

import (
	"errors"
	"io"
	"os"

	"github.com/moby/term"

	"ctenv/internal/pipes"
)

// DetachKeys are the keys that leave a container running, as docker writes them
// and as bytes.
type DetachKeys struct {
	Text  string
	Bytes []byte
}

// DefaultDetachKeys are docker's.
var DefaultDetachKeys = DetachKeys{"ctrl-p,ctrl-q", []byte{0x10, 0x11}}

// eot is what a terminal's line discipline takes for end of file (termios(3), VEOF).
const eot = 0x04

// TypeInto copies in to a terminal until its end, which it types too. It returns true
// when the keys to detach were typed.
func TypeInto(w io.Writer, in *os.File, keys DetachKeys) (detached bool) {
	sent := &lastByte{w: w, last: '\n'}
	_, err := io.Copy(sent, term.NewEscapeProxy(pipes.Patient{File: in}, keys.Bytes))
	if errors.As(err, new(term.EscapeError)) {
		return true
	}
	end := []byte{eot}
	if sent.last != '\n' {
		// In a line that has begun, the first one only hands over what is there.
		end = append(end, eot)
	}
	_, _ = w.Write(end)
	return false
}

// lastByte keeps the last byte that was written to w.
type lastByte struct {
	w    io.Writer
	last byte
}

func (l *lastByte) Write(b []byte) (int, error) {
	n, err := l.w.Write(b)
	if n > 0 {
		l.last = b[n-1]
	}
	return n, err
}
