package engine

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"
	"github.com/moby/term"

	"ctenv/internal/plan"
)

// eot is what a terminal's line discipline takes for end of file (termios(3), VEOF).
const eot = 0x04

// attachment is the connection to a container's streams.
type attachment struct {
	conn types.HijackedResponse
	tty  bool
}

// attach connects to the streams of a container that has not started yet.
func (e *Engine) attach(ctx context.Context, id string, p plan.Plan, keys detachKeys) (*attachment, error) {
	conn, err := hijack(ctx, func() (types.HijackedResponse, error) {
		return e.api.ContainerAttach(ctx, id, container.AttachOptions{
			Stream:     true,
			Stdin:      p.OpenStdin,
			Stdout:     true,
			Stderr:     true,
			DetachKeys: keys.text,
		})
	})
	switch {
	case ctx.Err() != nil && err != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, &Error{Msg: "cannot attach to the container", Err: err}
	}
	return &attachment{conn: conn, tty: p.TTY}, nil
}

// hijack makes a request for streams. The client waits for the answer to one whatever
// becomes of its ctx, so a connection that ctx ends is left to itself.
func hijack(ctx context.Context, request func() (types.HijackedResponse, error)) (types.HijackedResponse, error) {
	type answer struct {
		conn types.HijackedResponse
		err  error
	}
	answered := make(chan answer, 1)
	go func() {
		conn, err := request()
		answered <- answer{conn, err}
	}()
	select {
	case a := <-answered:
		return a.conn, a.err
	case <-ctx.Done():
		go func() {
			if late := <-answered; late.err == nil {
				late.conn.Close()
			}
		}()
		return types.HijackedResponse{}, ctx.Err()
	}
}

func (a *attachment) close() { a.conn.Close() }

// copyOutput copies until the container closes its side. A failure to write is
// an *outputError.
func (a *attachment) copyOutput(out, errOut *os.File) error {
	return a.copyTo(sink{out}, sink{errOut})
}

func (a *attachment) copyTo(out, errOut io.Writer) error {
	var err error
	if a.tty {
		_, err = io.Copy(out, a.conn.Reader)
	} else {
		_, err = stdcopy.StdCopy(out, errOut, a.conn.Reader)
	}
	return err
}

// discardOutput reads what is left until the container closes its side.
func (a *attachment) discardOutput() { _, _ = io.Copy(io.Discard, a.conn.Reader) }

// sink marks the errors of writing, which are the caller's side of the copy.
type sink struct{ f io.Writer }

func (s sink) Write(b []byte) (int, error) {
	n, err := s.f.Write(b)
	if err != nil {
		err = &outputError{err}
	}
	return n, err
}

type outputError struct{ err error }

func (e *outputError) Error() string { return e.err.Error() }
func (e *outputError) Unwrap() error { return e.err }

// copyInput copies in to the container until its end, and passes that end on. It
// returns true when the keys to detach were typed.
func (a *attachment) copyInput(in *os.File, keys detachKeys) (detached bool) {
	if !a.tty {
		// A file that is copied as such goes by splice(2) or sendfile(2), without
		// passing through this process's memory.
		_, _ = io.Copy(a.conn.Conn, in)
		_ = a.conn.CloseWrite()
		return false
	}
	sent := &lastByte{w: a.conn.Conn, last: '\n'}
	_, err := io.Copy(sent, term.NewEscapeProxy(in, keys.bytes))
	if errors.As(err, new(term.EscapeError)) {
		return true
	}
	// Closing this side would close the terminal's output too.
	end := []byte{eot}
	if sent.last != '\n' {
		// In a line that has begun, the first one only hands over what is there.
		end = append(end, eot)
	}
	_, _ = a.conn.Conn.Write(end)
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
