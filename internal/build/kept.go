package build

import (
	"fmt"
	"io"
)

// maxKept is how much of the beginning of a builder's output is kept, and of its end.
const maxKept = 1 << 20

// output keeps what a builder prints while nobody watches. A step can print for ever, so of
// much output the middle is dropped.
type output struct {
	head, tail []byte
	dropped    int
}

func (o *output) Write(p []byte) (int, error) {
	n := min(len(p), maxKept-len(o.head))
	o.head = append(o.head, p[:n]...)
	o.tail = append(o.tail, p[n:]...)
	if len(o.tail) > 2*maxKept {
		o.drop()
	}
	return len(p), nil
}

// drop shortens the tail to what is kept of it.
func (o *output) drop() {
	if n := len(o.tail) - maxKept; n > 0 {
		o.dropped += n
		o.tail = o.tail[:copy(o.tail, o.tail[n:])]
	}
}

// show writes what is there.
func (o *output) show(w io.Writer) {
	o.drop()
	_, _ = w.Write(o.head)
	if o.dropped > 0 {
		_, _ = fmt.Fprintf(w, "\n[…] %d bytes of output are left out\n", o.dropped)
	}
	_, _ = w.Write(o.tail)
}
