package engine

import (
	"context"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"

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
	running                // all go to the command
)

// signals receives this process's signals during a run.
type signals struct {
	caught chan os.Signal
	pipe   chan os.Signal
	cancel context.CancelFunc
	send   func(syscall.Signal) // to the command

	mu       sync.Mutex
	phase    phase
	kept     []syscall.Signal
	canceler syscall.Signal // that cancelled the run, 0 when none did
}

// catchSignals starts to receive. cancel is called by a signal that cancels the
// run; one more then ends this process, as if nothing had caught it.
func catchSignals(cancel context.CancelFunc) *signals {
	g := &signals{
		caught: make(chan os.Signal, lastSignal),
		pipe:   make(chan os.Signal, 1),
		cancel: cancel,
	}
	signal.Notify(g.caught, forwardable(signal.Ignored)...)
	// Caught and dropped: else the Go runtime dies of it when the reader of our
	// output goes away, and the container stays (os/signal, "SIGPIPE").
	signal.Notify(g.pipe, syscall.SIGPIPE)
	go func() {
		for sig := range g.caught {
			g.handle(sig.(syscall.Signal))
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
	if send := g.decide(sig); send != nil {
		send(sig)
	}
}

// decide returns how to send sig to the command, nil when it goes elsewhere.
// The call to the engine is made without the lock, which Run's end needs.
func (g *signals) decide(sig syscall.Signal) (send func(syscall.Signal)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.phase == running:
		return g.send
	case g.phase == starting && len(g.kept) == 0:
		g.kept = append(g.kept, sig)
	default:
		g.canceler = sig
		g.cancel()
		signal.Stop(g.caught)
	}
	return nil
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
	g.phase, g.send = preparing, nil
}

// begun says that the command has started: signals go to it by send from now
// on, the one kept first.
func (g *signals) begun(send func(syscall.Signal)) {
	g.mu.Lock()
	g.phase, g.send = running, send
	kept := g.kept
	g.kept = nil
	g.mu.Unlock()
	for _, sig := range kept {
		send(sig)
	}
}

// cancelled returns the signal that cancelled the run.
func (g *signals) cancelled() (syscall.Signal, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.canceler, g.canceler != 0
}

// kill sends a signal to a container's first process, the engine's init, which
// passes it on. A container that runs no more needs no signal.
func (e *Engine) kill(ctx context.Context, id string, sig syscall.Signal, s Streams) {
	// The number, because names differ between systems.
	err := e.api.ContainerKill(ctx, id, strconv.Itoa(int(sig)))
	if err != nil && !cerrdefs.IsConflict(err) && !cerrdefs.IsNotFound(err) {
		s.verbose("signal %s did not reach the container: %s", sig, causeText(err))
	}
}
