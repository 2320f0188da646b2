package engine

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/hex"
	"io"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/docker/docker/pkg/stdcopy"

	"ctenv/internal/plan"
	"ctenv/internal/wire"
)

const (
	// watchDelay keeps the watch, which costs as much as a short command, from
	// commands that are short. On a slow machine more are, by slowFactor times what it
	// took to start the command, and watchDelayMax at most.
	watchDelay    = 150 * time.Millisecond
	slowFactor    = 2
	watchDelayMax = time.Second
	// leaveGrace is how long a watch may take to learn that it is to leave its
	// command alone.
	leaveGrace = 2 * time.Second
)

// NewSession names a command.
func NewSession() string {
	var b [16]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}

// watch is a second connection into the container. The engine's API has no signals
// for what it has exec'd, and does not end it when the client dies: a ctenv-init
// at the other end does both (setup.watch). It is made for the first signal or after
// watchDelay, whichever is first.
type watch struct {
	r     *command
	timer *time.Timer
	done  chan struct{} // closed when the other end has gone

	mu     sync.Mutex
	begun  bool
	over   bool // no more is to be begun
	conn   *attachment
	inside bool // the command is past the set-up
}

// newWatch makes the watch of a command that took so long to start.
func newWatch(ctx context.Context, r *command, start time.Duration) *watch {
	w := &watch{r: r, done: make(chan struct{})}
	w.timer = time.AfterFunc(min(max(watchDelay, slowFactor*start), watchDelayMax), func() { w.connect(ctx) })
	return w
}

// connect begins the watch where it has not been begun, and returns its connection,
// nil when there is none.
func (w *watch) connect(ctx context.Context) *attachment {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.begun || w.over {
		return w.conn
	}
	w.begun = true
	x := plan.Exec{Cmd: w.r.x.Cmd[:1], Request: w.r.x.Request, OpenStdin: true}
	x.Request.Command = wire.Command{Kind: wire.CommandWatch}
	x.Request.Env, x.Request.Verbosity = nil, 0
	id, err := w.r.e.createExec(ctx, w.r.c, x, "")
	if err == nil {
		w.conn, err = w.r.e.attachExec(ctx, w.r.c, id, x)
	}
	if err != nil {
		w.conn = nil
		w.r.s.verbose("the command gets no signals: %v", err)
		close(w.done)
		return nil
	}
	go w.listen(w.conn)
	return w.conn
}

// listen reads what the watch says until it ends.
func (w *watch) listen(conn *attachment) {
	defer close(w.done)
	out, in := io.Pipe()
	go func() {
		_, err := stdcopy.StdCopy(in, in, conn.conn.Reader)
		in.CloseWithError(err)
	}()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if lines.Text() == wire.WatchEntered {
			w.mu.Lock()
			w.inside = true
			w.mu.Unlock()
		} else {
			w.r.s.verbose("watch: %s", lines.Text())
		}
	}
	_, _ = io.Copy(io.Discard, out)
}

// signal sends a signal to the command.
func (w *watch) signal(ctx context.Context, sig syscall.Signal) { w.send(ctx, strconv.Itoa(int(sig))) }

func (w *watch) send(ctx context.Context, line string) bool {
	conn := w.connect(ctx)
	if conn == nil {
		return false
	}
	_, err := io.WriteString(conn.conn.Conn, line+"\n")
	return err == nil
}

// leave lets the command go on without a client.
func (w *watch) leave(ctx context.Context) {
	w.mu.Lock()
	w.over = true
	begun := w.begun
	w.mu.Unlock()
	if !begun || !w.send(ctx, wire.WatchLeave) {
		return
	}
	select {
	case <-w.done:
	case <-time.After(leaveGrace):
	}
}

// entered says whether the command is known to have got past the set-up.
func (w *watch) entered() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.inside
}

// close ends the watch. A command that is still there then is hung up on.
func (w *watch) close() {
	w.timer.Stop()
	w.mu.Lock()
	w.over = true
	conn := w.conn
	w.mu.Unlock()
	if conn != nil {
		conn.close()
	}
}
