// Package join is how a command gets into a container that stays: the protocol that
// ctenv-init serve speaks with those who join it.
//
// A client connects, is told what it has reached (Hello), makes one request
// (Request), and gets frames until one that ends it. There are two ways in. On this
// machine it is a Unix socket, and a command's standard streams go along as
// descriptors (Conn). Elsewhere the engine's exec starts ctenv-init relay, which
// speaks the same over its own stdin and stdout (Stream), and carries the streams in
// frames of their own.
package join

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// Version of the protocol. Another one is refused, by both sides.
const Version = 3

// Kind is what a frame is.
type Kind byte

// The kinds of frames. Those from Input on are the relay's alone.
const (
	KindHello    Kind = 'H' // a Hello, first of all
	KindRequest  Kind = 'Q' // a Request, with its streams' descriptors
	KindTerminal Kind = 'T' // the master end of the command's terminal
	KindBegun    Kind = 'B' // the command has started: nothing
	KindSignal   Kind = 'S' // to the command: the number, one byte
	KindGroup    Kind = 'G' // a signal to the command and its group: the number, one byte
	KindLeave    Kind = 'L' // the command is to go on without the client: nothing
	KindAnswer   Kind = 'A' // a Status
	KindEnd      Kind = 'E' // an End, last of all

	KindInput  Kind = '0' // bytes for stdin or the terminal; none is the end of stdin
	KindOut    Kind = '1' // bytes of stdout or the terminal
	KindErr    Kind = '2' // bytes of stderr
	KindCredit Kind = 'C' // how many bytes of input have been taken: four bytes
	KindSize   Kind = 'W' // of the terminal: rows and columns, two bytes each
	KindClose  Kind = 'X' // nobody reads this output any more: its number, one byte
)

const (
	// maxRequest caps a request, in bytes: the kernel takes 2 MiB of arguments and
	// variables (execve(2)), which JSON may make six times as long.
	maxRequest = 12 << 20
	// MaxData caps every other frame, in bytes.
	MaxData = 64 << 10
	// Window is how many bytes of input may be on their way to a relay, so that what a
	// command does not read stands in nobody's way.
	Window = 256 << 10
	// MaxFiles is how many descriptors may come with a frame.
	MaxFiles = 3
)

// limit is how long a frame's payload may be, -1 for a kind that there is not.
func (k Kind) limit() int {
	switch k {
	case KindRequest:
		return maxRequest
	case KindHello, KindAnswer, KindEnd, KindInput, KindOut, KindErr:
		return MaxData
	case KindCredit, KindSize:
		return 4
	case KindSignal, KindGroup, KindClose:
		return 1
	case KindTerminal, KindBegun, KindLeave:
		return 0
	}
	return -1
}

// Frame is one message. Its receiver closes Files.
type Frame struct {
	Kind    Kind
	Payload []byte
	Files   []*os.File
}

// Close closes what has come with the frame.
func (f Frame) Close() {
	for _, file := range f.Files {
		file.Close()
	}
}

// Link is a way to the other side. Send may be called from several goroutines,
// Receive from one. Close ends both.
type Link interface {
	Send(kind Kind, payload []byte, files ...*os.File) error
	Receive() (Frame, error)
	Close() error
}

// headerSize is the length of a frame's header: its kind, how many descriptors come
// with it, and the length of its payload in four bytes, the highest first.
const headerSize = 6

func header(kind Kind, payload, files int) ([headerSize]byte, error) {
	var h [headerSize]byte
	if most := kind.limit(); payload > most || files > MaxFiles {
		return h, fmt.Errorf("a frame of kind %q with %d bytes and %d descriptors; the limits are %d and %d", kind, payload, files, most, MaxFiles)
	}
	h[0], h[1] = byte(kind), byte(files)
	binary.BigEndian.PutUint32(h[2:], uint32(payload))
	return h, nil
}

// receive reads a frame without its descriptors, and says how many there are. io.EOF
// is the end between two frames.
func receive(r io.Reader) (f Frame, files int, err error) {
	var h [headerSize]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return f, 0, err
	}
	f.Kind, files = Kind(h[0]), int(h[1])
	size := binary.BigEndian.Uint32(h[2:])
	most := f.Kind.limit()
	if most < 0 || uint64(size) > uint64(most) || files > MaxFiles {
		return f, 0, fmt.Errorf("a frame of kind %q with %d bytes and %d descriptors is none of ours", f.Kind, size, files)
	}
	// Whoever announces much has to send it first.
	for len(f.Payload) < int(size) {
		at := len(f.Payload)
		f.Payload = append(f.Payload, make([]byte, min(int(size)-at, max(at, MaxData)))...)
		if _, err := io.ReadFull(r, f.Payload[at:]); err != nil {
			return f, 0, noEOF(err)
		}
	}
	return f, files, nil
}

func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Stream is a Link over bytes alone.
type Stream struct {
	r    io.Reader
	w    io.Writer
	c    io.Closer
	turn sync.Mutex
}

// NewStream makes a Link that reads r, writes w and closes c.
func NewStream(r io.Reader, w io.Writer, c io.Closer) *Stream { return &Stream{r: r, w: w, c: c} }

// Send implements Link. Descriptors cannot go along.
func (s *Stream) Send(kind Kind, payload []byte, files ...*os.File) error {
	if len(files) > 0 {
		return errors.New("no descriptors travel on a stream of bytes")
	}
	h, err := header(kind, len(payload), 0)
	if err != nil {
		return err
	}
	s.turn.Lock()
	defer s.turn.Unlock()
	_, err = s.w.Write(append(h[:], payload...))
	return err
}

// Receive implements Link.
func (s *Stream) Receive() (Frame, error) {
	f, files, err := receive(s.r)
	if err == nil && files > 0 {
		err = errors.New("no descriptors travel on a stream of bytes")
	}
	return f, err
}

// Close implements Link.
func (s *Stream) Close() error { return s.c.Close() }
