package engine

import (
	"bytes"
	"io"

	"ctenv/internal/wire"
)

// markWriter passes on what is written to it, without the first ready mark.
type markWriter struct {
	mark  string // "" for any
	out   io.Writer
	found func() // called where the mark is, nil for nothing to do

	held []byte // the start of what may become the mark
	past bool
}

func (w *markWriter) Write(b []byte) (int, error) {
	text := b
	if !w.past {
		text = append(w.held, b...)
		start, end, more := wire.FindReadyMark(text, w.mark)
		if w.past = start >= 0; w.past {
			if _, err := w.out.Write(text[:start]); err != nil {
				return 0, err
			}
			if w.found != nil {
				w.found()
			}
			text, w.held = text[end:], nil
		} else {
			text, w.held = text[:more], bytes.Clone(text[more:])
		}
	}
	if _, err := w.out.Write(text); err != nil {
		return 0, err
	}
	return len(b), nil
}

// flush passes on what has not become the mark, at the end.
func (w *markWriter) flush() error {
	_, err := w.out.Write(w.held)
	return err
}
