//go:build linux

package setup

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"ctenv/internal/pipes"
	"ctenv/internal/wire"
)

// meter shows that a step takes long: after a second a line with its time, which is
// rewritten, until the returned function is called.
func (in *Init) meter(step string) (stop func()) {
	// The count of owners is a meter of its own, and set-up in a child is in its parent's.
	if in.req.Progress != wire.ProgressLines || step == "chown" || in.req.Mode == wire.ModeSetup {
		return func() {}
	}
	start := time.Now()
	return late(time.Second,
		func() { fmt.Fprintf(in.msg.Out, "\r[ctenv] %s: %d s", step, int(time.Since(start).Seconds())) },
		func() { fmt.Fprintf(in.msg.Out, "\r[ctenv] %s: %.1f s\x1b[K\n", step, time.Since(start).Seconds()) })
}

// late calls show for work that takes longer than a second, and again every so often, until
// the returned function is called: that calls last, if there was something to show.
func late(every time.Duration, show, last func()) (stop func()) {
	var mu sync.Mutex
	shown, over := false, false
	var tick *time.Timer
	tick = time.AfterFunc(time.Second, func() {
		mu.Lock()
		defer mu.Unlock()
		if over {
			return
		}
		shown = true
		show()
		tick.Reset(every)
	})
	return func() {
		tick.Stop()
		mu.Lock()
		defer mu.Unlock()
		if over = true; shown {
			last()
		}
	}
}

// maxHeld caps what is kept of what commands have said, in bytes. The end of it counts.
const maxHeld = 1 << 20

// heldOutput keeps what commands say, until it is known whether they fail.
type heldOutput struct {
	to   *os.File // for them to write to
	from *pipes.Tap
	said []byte
	cut  bool
	live bool // meter's line may stand where the output goes

	copied chan struct{} // closed when from is read no more
}

// output is where the commands of set-up write. end is to be told how they ended.
func (in *Init) output() (to *os.File, end func(failed bool)) {
	if in.req.Progress == "" {
		return os.Stderr, func(bool) {}
	}
	h, err := hold()
	if err != nil {
		return os.Stderr, func(bool) {} // better said than lost
	}
	h.live = in.req.Progress == wire.ProgressLines
	return h.to, func(failed bool) { h.end(failed, in.again) }
}

func hold() (*heldOutput, error) {
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
		return nil, err
	}
	h := &heldOutput{to: os.NewFile(uintptr(p[1]), "output"), copied: make(chan struct{})}
	from, err := pipes.NewTap(p[0], h.take)
	if err != nil {
		return nil, err
	}
	h.from = from
	go func() {
		from.Copy()
		close(h.copied)
	}()
	return h, nil
}

func (h *heldOutput) take(b []byte) {
	h.said = append(h.said, b...)
	if over := len(h.said) - maxHeld; over > 0 {
		h.said, h.cut = append(h.said[:0], h.said[over:]...), true
	}
}

// end writes what was said where the commands have failed. What they have left running
// speaks to this process's stderr from now on.
func (h *heldOutput) end(failed bool, self string) {
	h.to.Close()
	open := h.from.Drain()
	_ = h.from.File().SetReadDeadline(time.Unix(1, 0))
	<-h.copied // from here on nobody else reads it
	if failed {
		if h.live {
			_, _ = io.WriteString(os.Stderr, "\r\x1b[K")
		}
		if h.cut {
			_, _ = io.WriteString(os.Stderr, "[ctenv] the last of what was said:\n")
		}
		_, _ = os.Stderr.Write(h.said)
	}
	if open {
		pass(h.from.File(), self)
	}
	h.from.Close()
}

// passArg makes ctenv-init copy its stdin to its stderr, in the background.
const passArg = "pass-on"

// pass has another process copy what still comes. It is nobody's child: the command, which
// takes this process's place, waits for none that it does not know.
func pass(from *os.File, self string) {
	first := exec.Command(self, passArg, "start")
	first.Stdin, first.Stderr = from, os.Stderr
	first.Env = []string{} // without the request it is nothing but that
	_ = first.Run()
}

func passOn(args []string) error {
	if len(args) > 0 {
		next := exec.Command("/proc/self/exe", passArg)
		next.Stdin, next.Stderr = os.Stdin, os.Stderr
		next.Env = []string{}
		next.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		return next.Start()
	}
	_, _ = io.Copy(os.Stderr, os.Stdin)
	return nil
}
