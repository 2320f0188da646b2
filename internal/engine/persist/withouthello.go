package persist

import "io"

// withoutHello writes to a stream what follows ctenv-init's word where it begins with it.
type withoutHello struct {
	to    io.Writer
	hello string
	seen  int // how much of it has come, -1 when that is over
}

func (w *withoutHello) Write(data []byte) (int, error) {
	n := 0
	for w.seen >= 0 && n < len(data) && w.seen < len(w.hello) && data[n] == w.hello[w.seen] {
		n++
		w.seen++
	}
	if n == len(data) {
		return n, nil
	}
	if w.seen > 0 && w.seen < len(w.hello) { // it was something else
		if _, err := io.WriteString(w.to, w.hello[:w.seen]); err != nil {
			return 0, err
		}
	}
	w.seen = -1
	more, err := w.to.Write(data[n:])
	return n + more, err
}
