package tty

import (
	"context"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"
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
	away                   // they would, and nothing takes them there: one that ends a process cancels
	finishing              // the command is over, its output is not: one that ends a process cancels
	early                  // before Catch: one that ends a process ends this one
)

// endsTaken is how many signals to end, INT or TERM, it takes to end ctenv rather than
// the command: as many as with docker. The engine may hang, and pass on none of them.
const endsTaken = 3

// Signals receives this process's signals during a run.
type Signals struct {
	caught chan os.Signal
	pipe   chan os.Signal
	cancel context.CancelFunc
	send   func(syscall.Signal) // to the command
	sends  chan func()          // calls of send, one after the other, since each may hang

	expected chan struct{} // closed when signals are caught

	mu       sync.Mutex
	phase    phase
	kept     []syscall.Signal
	ends     int            // how many of INT and TERM are for the command
	canceler syscall.Signal // that cancelled the run, 0 when none did
	forced   bool           // the command had started when it did
	stopped  bool           // nothing goes to the command any more
	terminal bool           // this process began with a terminal; once expected is closed
}

// CatchSignals starts to receive, until stop is called. A signal that cancels the run ends the
// context; one more then ends this process, as if nothing had caught it.
func CatchSignals(ctx context.Context) (_ context.Context, g *Signals, stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	g = ExpectSignals()
	g.Catch(cancel)
	return ctx, g, func() {
		g.Stop()
		cancel()
	}
}

// ExpectSignals prepares for Catch in the background: os/signal takes two switches of threads
// for each signal, a millisecond for all of them. Until Catch those that end a process end this one.
func ExpectSignals() *Signals {
	g := &Signals{
		caught:   make(chan os.Signal, lastSignal),
		pipe:     make(chan os.Signal, 1),
		sends:    make(chan func(), lastSignal),
		expected: make(chan struct{}),
		phase:    early,
	}
	go func() {
		signal.Notify(g.caught, forwardable(signal.Ignored)...)
		if own, err := openOwn(); err == nil {
			g.terminal = true
			own.Close()
		}
		close(g.expected)
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

// Catch starts to receive. cancel is called by a signal that cancels the run.
func (g *Signals) Catch(cancel context.CancelFunc) {
	<-g.expected
	// Caught and dropped: else the Go runtime dies of it when the reader of our
	// output goes away, and the container stays (os/signal, "SIGPIPE").
	signal.Notify(g.pipe, syscall.SIGPIPE)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.cancel, g.phase = cancel, preparing
}

// Stop ends the receiving. Who ends this process next need not call it, which takes as long
// as to start.
func (g *Signals) Stop() {
	<-g.expected
	signal.Stop(g.caught)
	signal.Stop(g.pipe)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stopped = true
	close(g.caught)
}

func (g *Signals) handle(sig syscall.Signal) {
	g.mu.Lock()
	defer g.mu.Unlock()
	ends := sig == syscall.SIGINT || sig == syscall.SIGTERM
	if ends {
		g.ends++
	}
	switch {
	case g.phase == early && !EndsProcess(sig):
		// Go does nothing for it.
	case g.phase == early:
		signal.Reset(sig)
		_ = syscall.Kill(os.Getpid(), sig)
	case g.phase == running && !(ends && g.ends >= endsTaken):
		g.pass(sig)
	case g.phase == starting && len(g.kept) == 0:
		g.kept = append(g.kept, sig)
	case (g.phase == finishing || g.phase == away) && !EndsProcess(sig):
		// It was for the command.
	default:
		g.cancelBy(sig)
	}
}

// EndsProcess says whether somebody who sends sig wants an end.
func EndsProcess(sig syscall.Signal) bool {
	return slices.Contains([]syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT}, sig)
}

// OfTerminal says whether sig is one that a terminal sends to all of its foreground
// (termios(3)), and this process is there: the keys INT and QUIT, and HUP when it has gone.
// To one process alone it is somebody else who sends it.
func (g *Signals) OfTerminal(sig syscall.Signal) bool {
	own, err := openOwn()
	if err != nil {
		return sig == syscall.SIGHUP && g.terminal
	}
	defer own.Close()
	return (sig == syscall.SIGINT || sig == syscall.SIGQUIT) && !InBackground(own)
}

// pass has sig sent to the command. The call to the engine is made elsewhere: what
// comes next may have to end it.
func (g *Signals) pass(sig syscall.Signal) {
	if g.stopped { // the command may be said to have begun when its run was given up
		return
	}
	send := g.send
	select {
	case g.sends <- func() { send(sig) }:
	default: // too many to wait for an engine that hangs
	}
}

// BeginStart says that the engine is about to start the command.
func (g *Signals) BeginStart() { g.enter(starting) }

func (g *Signals) enter(p phase) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.phase = p
}

// EndWait lets a signal cancel the run, since the start takes too long for one to be
// kept: the next one, or one that was kept already and would have ended the command.
// waits is whether the run goes on.
func (g *Signals) EndWait() (waits bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.phase != starting {
		return true
	}
	g.phase = preparing
	if i := slices.IndexFunc(g.kept, EndsProcess); i >= 0 {
		g.cancelBy(g.kept[i])
		return false
	}
	return true
}

// Kept returns the signal that is kept for a command that starts.
func (g *Signals) Kept() (syscall.Signal, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.kept) == 0 {
		return 0, false
	}
	return g.kept[0], true
}

// PrepareNext says that what ran is over and the next thing is prepared. A signal that was
// kept for what has not begun cancels the run.
func (g *Signals) PrepareNext() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.phase, g.send, g.ends = preparing, nil, 0
	if len(g.kept) > 0 {
		g.cancelBy(g.kept[0])
	}
}

// cancelBy cancels the run by sig; the next one ends this process.
func (g *Signals) cancelBy(sig syscall.Signal) {
	g.canceler, g.forced = sig, g.phase == running || g.phase == away
	g.cancel()
	signal.Stop(g.caught)
}

// Begun says that the command has started: signals go to it by send from now
// on, the one kept first.
func (g *Signals) Begun(send func(syscall.Signal)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.phase, g.send = running, send
	for _, sig := range g.kept {
		g.pass(sig)
	}
	g.kept = nil
}

// Away says that the way to the command is lost, until it has Begun again.
func (g *Signals) Away() { g.enter(away) }

// Over says that the command has ended. Somebody who stopped reading may keep its output
// from being written, and who calls ctenv can end that as with any other command.
func (g *Signals) Over() { g.enter(finishing) }

// Cancelled returns the signal that cancelled the run.
func (g *Signals) Cancelled() (syscall.Signal, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.canceler, g.canceler != 0
}

// Code is the exit code of a run that has ended with code or err: where a signal cancelled it,
// that of the signal.
func (g *Signals) Code(code int, err error) (int, error) {
	if sig, ok := g.Cancelled(); ok && err != nil {
		return 128 + int(sig), nil
	}
	return code, err
}

// GaveUp says that a signal cancelled the run when the command had started.
func (g *Signals) GaveUp() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.forced
}
