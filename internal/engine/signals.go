package engine

import (
	"context"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"

	cerrdefs "github.com/containerd/errdefs"
)

// lastSignal is the highest signal number of Linux (signal(7)).
const lastSignal = 64

// notForwarded are the signals that mean this process alone: its children, its
// pipes, its terminal, its own job control, and URG, by which the Go runtime
// preempts goroutines. KILL and STOP cannot be caught.
var notForwarded = map[syscall.Signal]bool{
	syscall.SIGCHLD:  true,
	syscall.SIGPIPE:  true,
	syscall.SIGURG:   true,
	syscall.SIGWINCH: true,
	syscall.SIGTSTP:  true,
	syscall.SIGTTIN:  true,
	syscall.SIGTTOU:  true,
	syscall.SIGCONT:  true,
	syscall.SIGKILL:  true,
	syscall.SIGSTOP:  true,
	// The thread library's own (nptl(7)).
	32: true, 33: true,
}

// forwardable lists the signals that are passed on. One that this process was
// started to ignore, as nohup does with HUP and a shell without job control with
// INT, stays ignored.
func forwardable(ignored func(os.Signal) bool) []os.Signal {
	var all []os.Signal
	for n := syscall.Signal(1); n <= lastSignal; n++ {
		if !notForwarded[n] && !ignored(n) {
			all = append(all, n)
		}
	}
	return all
}

// phase is how far a run has come, which decides what a signal means.
type phase int

const (
	preparing phase = iota // a signal cancels the run
	starting               // the first is kept for the command, a second cancels
	running                // they go to the command
)

// endsTaken is how many signals to end, INT or TERM, it takes to end ctenv rather than
// the command: as many as with docker. The engine may hang, and pass on none of them.
const endsTaken = 3

// signals receives this process's signals during a run.
type signals struct {
	caught chan os.Signal
	pipe   chan os.Signal
	cancel context.CancelFunc
	send   func(syscall.Signal) // to the command
	sends  chan func()          // calls of send, one after the other, since each may hang

	mu       sync.Mutex
	phase    phase
	kept     []syscall.Signal
	ends     int            // how many of INT and TERM are for the command
	canceler syscall.Signal // that cancelled the run, 0 when none did
	forced   bool           // the command had started when it did
}

// catchSignals starts to receive. cancel is called by a signal that cancels the
// run; one more then ends this process, as if nothing had caught it.
func catchSignals(cancel context.CancelFunc) *signals {
	g := &signals{
		caught: make(chan os.Signal, lastSignal),
		pipe:   make(chan os.Signal, 1),
		cancel: cancel,
		sends:  make(chan func(), lastSignal),
	}
	signal.Notify(g.caught, forwardable(signal.Ignored)...)
	// Caught and dropped: else the Go runtime dies of it when the reader of our
	// output goes away, and the container stays (os/signal, "SIGPIPE").
	signal.Notify(g.pipe, syscall.SIGPIPE)
	go func() {
		for sig := range g.caught {
			g.handle(sig.(syscall.Signal))
		}
		close(g.sends)
	}()
	go func() {
		for send := range g.sends {
			send()
		}
	}()
	return g
}

// stop ends the receiving.
func (g *signals) stop() {
	signal.Stop(g.caught)
	signal.Stop(g.pipe)
	close(g.caught)
}

func (g *signals) handle(sig syscall.Signal) {
	g.mu.Lock()
	defer g.mu.Unlock()
	ends := sig == syscall.SIGINT || sig == syscall.SIGTERM
	if ends {
		g.ends++
	}
	switch {
	case g.phase == running && !(ends && g.ends >= endsTaken):
		g.pass(sig)
	case g.phase == starting && len(g.kept) == 0:
		g.kept = append(g.kept, sig)
	default:
		g.canceler, g.forced = sig, g.phase == running
		g.cancel()
		signal.Stop(g.caught)
	}
}

// pass has sig sent to the command. The call to the engine is made elsewhere: what
// comes next may have to end it.
func (g *signals) pass(sig syscall.Signal) {
	send := g.send
	select {
	case g.sends <- func() { send(sig) }:
	default: // too many to wait for an engine that hangs
	}
}

// beginStart says that the engine is about to start the command.
func (g *signals) beginStart() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.phase = starting
}

// endWait lets the next signal cancel the run: the start takes too long for one to
// be kept.
func (g *signals) endWait() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.phase == starting {
		g.phase = preparing
	}
}

// prepareNext says that what ran is over and the next thing is prepared.
func (g *signals) prepareNext() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.phase, g.send, g.ends = preparing, nil, 0
}

// begun says that the command has started: signals go to it by send from now
// on, the one kept first.
func (g *signals) begun(send func(syscall.Signal)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.phase, g.send = running, send
	for _, sig := range g.kept {
		g.pass(sig)
	}
	g.kept = nil
}

// cancelled returns the signal that cancelled the run.
func (g *signals) cancelled() (syscall.Signal, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.canceler, g.canceler != 0
}

// gaveUp says that a signal cancelled the run when the command had started.
func (g *signals) gaveUp() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.forced
}

// sayWhenSlow tells of an engine that hangs over the start of what, and lets one signal
// end that from then on. One that reads a FIFO in the image for its users hangs for
// ever. stop is called when it has started.
func (g *signals) sayWhenSlow(what string, t *terminal, s Streams) (stop func() bool) {
	return time.AfterFunc(slowStart, func() {
		if t != nil {
			t.lines()
		}
		g.endWait()
		s.say("the engine has not started %s in %v; Ctrl-C gives up", what, slowStart)
	}).Stop
}

// kill sends a signal to a container's first process, the engine's init, which
// passes it on. A container that runs no more needs no signal.
func (e *Engine) kill(ctx context.Context, id string, sig syscall.Signal, s Streams) {
	// The number, because names differ between systems.
	err := e.api.ContainerKill(ctx, id, strconv.Itoa(int(sig)))
	if err != nil && ctx.Err() == nil && !cerrdefs.IsConflict(err) && !cerrdefs.IsNotFound(err) {
		s.verbose("signal %s did not reach the container: %s", sig, causeText(err))
	}
}
