package streams

import "io"

// What a terminal's line discipline makes signals of, where nobody has chosen other keys
// (termios(3): VINTR, VQUIT, VSUSP).
const (
	keyInterrupt = 0x03
	keyQuit      = 0x1c
	keySuspend   = 0x1a
)

// stopWatch passes on what is typed into a terminal.
type stopWatch struct {
	w       io.Writer
	stopped bool // may be, since the key was typed
	ended   func()
}

// WatchStops gives a writer to w, a terminal. Once the key was typed that stops what runs
// there, ended is called after the next one that is to end it: of that, a stopped process
// hears when it continues.
func WatchStops(w io.Writer, ended func()) io.Writer { return &stopWatch{w: w, ended: ended} }

func (s *stopWatch) Write(b []byte) (int, error) {
	n, err := s.w.Write(b)
	ends := false
	for _, key := range b[:n] {
		switch key {
		case keySuspend:
			s.stopped, ends = true, false
		case keyInterrupt, keyQuit:
			ends = s.stopped
		}
	}
	if ends {
		s.stopped = false
		s.ended()
	}
	return n, err
}
