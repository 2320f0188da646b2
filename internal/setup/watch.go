//go:build linux

package setup

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"ctenv/internal/wire"
)

const (
	// joinGrace is how long a watch waits for its command: the engine may start
	// them in any order.
	joinGrace = 30 * time.Second
	// hangUpGrace is what a command may take to end after its client has gone.
	hangUpGrace = 2 * time.Second
	// watchPoll is how often a watch looks whether its command has ended where the
	// kernel does not say so by itself.
	watchPoll = 250 * time.Millisecond
)

// watch stands by the command of a session while its client does: engines send no
// signals to what they exec, and leave it running when its client dies. It ends
// with the command, or ends it.
func (in *Init) watch(stdin io.Reader, stdout io.Writer) error {
	dir, err := openStay(in.root)
	if err != nil {
		return err
	}
	defer dir.close()
	p, err := awaitSession(dir, in.req.Session)
	if err != nil {
		return err
	}
	lines := make(chan string)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(stdin); s.Scan(); {
			lines <- s.Text()
		}
	}()
	ended := p.ended()
	ready := time.NewTicker(readyPoll)
	defer ready.Stop()
	for {
		select {
		case <-ended:
			return nil
		case <-ready.C:
			if dir.isReady() {
				ready.Stop()
				if _, err := fmt.Fprintln(stdout, wire.WatchEntered); err != nil {
					return err
				}
			}
		case line, more := <-lines:
			switch {
			case !more:
				p.hangUp(ended)
				return nil
			case line == wire.WatchLeave:
				return nil
			}
			n, err := strconv.Atoi(line)
			if err != nil || n < 1 || n > 64 {
				return fmt.Errorf("%q is no signal", line)
			}
			p.signal(unix.Signal(n))
		}
	}
}

func awaitSession(dir stayDir, session string) (process, error) {
	for deadline := time.Now().Add(joinGrace); ; time.Sleep(readyPoll) {
		p, err := dir.session(session)
		if err == nil || !errors.Is(err, unix.ENOENT) || time.Now().After(deadline) {
			return p, err
		}
	}
}

// ended gives a channel that is closed when the process has ended.
func (p process) ended() <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		fd, err := unix.PidfdOpen(p.pid, 0)
		if err == nil {
			defer unix.Close(fd)
		}
		for p.alive() {
			if err != nil { // before Linux 5.3, or hidden by a seccomp profile
				time.Sleep(watchPoll)
				continue
			}
			_, _ = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, -1)
		}
	}()
	return done
}

// hangUp ends a command as a terminal does that goes away, and one that does not
// care for good.
func (p process) hangUp(ended <-chan struct{}) {
	p.signalGroup(unix.SIGHUP)
	p.signalGroup(unix.SIGCONT) // a stopped one would not see it
	select {
	case <-ended:
	case <-time.After(hangUpGrace):
		p.signalGroup(unix.SIGKILL)
	}
}
