package streams

import (
	"errors"
	"io"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// Output marks the errors of writing, which are the caller's side of the copy.
type Output struct{ To io.Writer }

func (s Output) Write(b []byte) (int, error) {
	n, err := s.To.Write(b)
	if err != nil {
		err = &OutputError{err}
	}
	return n, err
}

// ReaderGone says that writing failed because nobody reads any more: EPIPE, or for a
// socket whose other side was closed before it had read all, ECONNRESET.
func ReaderGone(err error) bool {
	return errors.Is(err, unix.EPIPE) || errors.Is(err, unix.ECONNRESET)
}

// OutputError is a failure to write to the caller.
type OutputError struct{ err error }

func (e *OutputError) Error() string { return e.err.Error() }
func (e *OutputError) Unwrap() error { return e.err }

// Lossy writes what it can: what is shown goes on whether or not somebody looks.
type Lossy struct{ io.Writer }

func (l Lossy) Write(b []byte) (int, error) {
	_, _ = l.Writer.Write(b)
	return len(b), nil
}

// MaxSaid caps what is kept of what a container says in the place of an answer, in bytes.
const MaxSaid = 4 << 10

// Head keeps the beginning of what is written to it, which a container chooses.
type Head struct {
	mu   sync.Mutex
	text strings.Builder
}

func (h *Head) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.text.Write(b[:min(len(b), MaxSaid-h.text.Len())])
	return len(b), nil
}

// String is what there is by now.
func (h *Head) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.String()
}
