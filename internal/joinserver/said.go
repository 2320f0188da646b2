//go:build linux

package joinserver

import (
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/sys/unix"

	"ctenv/internal/pipes"
)

// maxSaid caps what is kept of set-up's output for who comes late, in bytes.
const maxSaid = 16 << 20

// Said is what set-up says: it goes to the engine's log, and until set-up is
// over to those who wait for that.
type Said struct {
	log  *os.File // the engine's
	from *pipes.Tap

	mu   sync.Mutex
	more *sync.Cond
	said []byte
	cut  bool // some of it is in the log alone
	over bool
}

// Capture puts a pipe in the place of this process's stderr, and copies what
// comes through it, to the end of the container: what set-up leaves running speaks too.
func Capture() (*Said, error) {
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
		return nil, err
	}
	log, err := unix.FcntlInt(2, unix.F_DUPFD_CLOEXEC, 3)
	if err == nil {
		err = unix.Dup3(p[1], 2, 0)
	}
	unix.Close(p[1])
	if err != nil {
		return nil, fmt.Errorf("taking over stderr: %w", err)
	}
	o := &Said{log: os.NewFile(uintptr(log), "log")}
	o.more = sync.NewCond(&o.mu)
	if o.from, err = pipes.NewTap(p[0], o.take); err != nil {
		return nil, err
	}
	go o.from.Copy()
	return o, nil
}

// take has what was said.
func (o *Said) take(b []byte) {
	_, _ = o.log.Write(b) // what the engine does not take is lost
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.over {
		return
	}
	if room := maxSaid - len(o.said); len(b) > room {
		b, o.cut = b[:room], true
	}
	o.said = append(o.said, b...)
	o.more.Broadcast()
}

// end says that all that set-up said has been written.
func (o *Said) end() {
	o.from.Drain()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.cut {
		o.said = append(o.said, "\n[ctenv] the rest is in the log: ctenv logs\n"...)
	}
	o.over = true
	o.more.Broadcast()
}

// copyTo writes what was said and what will be, to the end of set-up or as long as
// somebody reads it. After the end there is nothing to say.
func (o *Said) copyTo(w io.Writer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for at := 0; ; {
		for at == len(o.said) && !o.over {
			o.more.Wait()
		}
		text := o.said[at:]
		if len(text) == 0 {
			return
		}
		at += len(text)
		o.mu.Unlock()
		_, err := w.Write(text)
		o.mu.Lock()
		if err != nil {
			return
		}
	}
}
