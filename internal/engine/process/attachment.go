package process

import (
	"io"
	"os"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/pkg/stdcopy"

	"ctenv/internal/pipes"
	"ctenv/internal/streams"
)

// attachment is the connection to a container's streams.
type attachment struct {
	conn types.HijackedResponse
	tty  bool
}

func (a *attachment) close() { a.conn.Close() }

// copyOutput copies until the container closes its side. A failure to write is
// an *streams.OutputError.
func (a *attachment) copyOutput(before *preface, out, errOut *os.File) error {
	return a.copyTo(before.holding(streams.Output{To: pipes.Patient{File: out}}), before.holding(streams.Output{To: pipes.Patient{File: errOut}}))
}

func (a *attachment) copyTo(out, errOut io.Writer) error {
	if a.tty {
		_, err := io.Copy(out, a.conn.Reader)
		return err
	}
	// stdcopy takes an end within a frame for the end.
	const frameHeader = 8 // bytes before each
	var read, frames tally
	_, err := stdcopy.StdCopy(io.MultiWriter(&frames, out), io.MultiWriter(&frames, errOut), io.TeeReader(a.conn.Reader, &read))
	if err == nil && read.bytes != frames.bytes+frameHeader*frames.writes {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// tally counts what is written to it.
type tally struct{ writes, bytes int64 }

func (t *tally) Write(b []byte) (int, error) {
	t.writes, t.bytes = t.writes+1, t.bytes+int64(len(b))
	return len(b), nil
}

// discardOutput reads what is left until the container closes its side.
func (a *attachment) discardOutput() { _, _ = io.Copy(io.Discard, a.conn.Reader) }

// copyInput copies in to the container until its end, and passes that end on. It
// returns true when the keys to detach were typed. ended is that of streams.WatchStops.
func (a *attachment) copyInput(in *os.File, keys streams.DetachKeys, ended func()) (detached bool) {
	if !a.tty {
		_, _ = io.Copy(a.conn.Conn, pipes.Patient{File: in})
		_ = a.conn.CloseWrite()
		return false
	}
	// Closing this side would close the terminal's output too.
	return streams.TypeInto(streams.WatchStops(a.conn.Conn, ended), in, keys)
}
