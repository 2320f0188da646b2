package tty

import (
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strconv"
	"syscall"
	"testing"
)

func TestForwardable(t *testing.T) {
	ignoring := func(sigs ...os.Signal) func(os.Signal) bool {
		return func(s os.Signal) bool { return slices.Contains(sigs, s) }
	}
	for name, c := range map[string]struct {
		ignored   func(os.Signal) bool
		sig       syscall.Signal
		forwarded bool
	}{
		"INT":                  {ignoring(), syscall.SIGINT, true},
		"TERM":                 {ignoring(), syscall.SIGTERM, true},
		"HUP":                  {ignoring(), syscall.SIGHUP, true},
		"QUIT":                 {ignoring(), syscall.SIGQUIT, true},
		"USR1":                 {ignoring(), syscall.SIGUSR1, true},
		"USR2":                 {ignoring(), syscall.SIGUSR2, true},
		"the last one":         {ignoring(), 64, true},
		"HUP under nohup":      {ignoring(syscall.SIGHUP), syscall.SIGHUP, false},
		"TERM under nohup":     {ignoring(syscall.SIGHUP), syscall.SIGTERM, true},
		"KILL":                 {ignoring(), syscall.SIGKILL, false},
		"CHLD":                 {ignoring(), syscall.SIGCHLD, false},
		"PIPE":                 {ignoring(), syscall.SIGPIPE, false},
		"URG":                  {ignoring(), syscall.SIGURG, false},
		"WINCH":                {ignoring(), syscall.SIGWINCH, false},
		"TSTP":                 {ignoring(), syscall.SIGTSTP, false},
		"CONT":                 {ignoring(), syscall.SIGCONT, false},
		"one past the last":    {ignoring(), 65, false},
		"the thread library's": {ignoring(), 32, false},
	} {
		t.Run(name, func(t *testing.T) {
			got := slices.Contains(forwardable(c.ignored), os.Signal(c.sig))
			if got != c.forwarded {
				t.Errorf("forwarded: %v, want %v", got, c.forwarded)
			}
		})
	}
}

// TestSignalsStopped: the command of a run that was given up may still be said to have begun.
func TestSignalsStopped(t *testing.T) {
	_, g, _ := CatchSignals(t.Context())
	g.BeginStart()
	g.handle(syscall.SIGUSR1)
	sends := g.sends
	g.Stop()
	for range sends { // until it is closed
	}
	g.Begun(func(syscall.Signal) { t.Error("a signal was sent") })
}

// TestSignalsAway: where nothing takes signals to the command, those that end a process
// give it up, and others wait for nobody.
func TestSignalsAway(t *testing.T) {
	cancelled := false
	g := &Signals{caught: make(chan os.Signal), cancel: func() { cancelled = true }, sends: make(chan func(), lastSignal)}
	send := func(syscall.Signal) {}
	g.Begun(send)
	g.Away()
	g.handle(syscall.SIGUSR1)
	g.Begun(send)
	g.handle(syscall.SIGTERM)
	if len(g.sends) != 1 || cancelled {
		t.Errorf("%d signals sent, cancelled: %v; want the one since it is back", len(g.sends), cancelled)
	}
	g.Away()
	g.handle(syscall.SIGTERM)
	if by, _ := g.Cancelled(); by != syscall.SIGTERM || !cancelled || !g.GaveUp() {
		t.Errorf("cancelled by %v, given up: %v; want TERM to give up", by, g.GaveUp())
	}
}

// TestSignalsSlowStart: one that came while the engine starts the command is kept for it, but
// not for ever.
func TestSignalsSlowStart(t *testing.T) {
	for name, c := range map[string]struct {
		before      []syscall.Signal
		waits       bool
		cancelledBy syscall.Signal
	}{
		"none":           {waits: true},
		"INT":            {before: []syscall.Signal{syscall.SIGINT}, cancelledBy: syscall.SIGINT},
		"HUP":            {before: []syscall.Signal{syscall.SIGHUP}, cancelledBy: syscall.SIGHUP},
		"USR1 ends none": {before: []syscall.Signal{syscall.SIGUSR1}, waits: true},
	} {
		cancelled := false
		g := &Signals{caught: make(chan os.Signal), cancel: func() { cancelled = true }}
		g.BeginStart()
		for _, sig := range c.before {
			g.handle(sig)
		}
		waits := g.EndWait()
		if by, _ := g.Cancelled(); waits != c.waits || by != c.cancelledBy || cancelled != (by != 0) {
			t.Errorf("%s: waits %v, cancelled by %v", name, waits, by)
		}
	}
}

func TestSignalPhases(t *testing.T) {
	const (
		sigint  = syscall.SIGINT
		sigterm = syscall.SIGTERM
	)
	for name, c := range map[string]struct {
		before, during, after []syscall.Signal // the start
		over                  []syscall.Signal // after the command's end
		sent                  []syscall.Signal
		cancelledBy           syscall.Signal
	}{
		"nothing":             {},
		"before the start":    {before: []syscall.Signal{sigint}, cancelledBy: sigint},
		"during the start":    {during: []syscall.Signal{sigterm}, sent: []syscall.Signal{sigterm}},
		"twice during it":     {during: []syscall.Signal{sigterm, sigint}, cancelledBy: sigint, sent: []syscall.Signal{sigterm}},
		"after the start":     {after: []syscall.Signal{sigint, sigint}, sent: []syscall.Signal{sigint, sigint}},
		"three to end":        {after: []syscall.Signal{sigint, sigterm, sigint}, sent: []syscall.Signal{sigint, sigterm}, cancelledBy: sigint},
		"three with the kept": {during: []syscall.Signal{sigterm}, after: []syscall.Signal{sigint, sigterm}, sent: []syscall.Signal{sigterm, sigint}, cancelledBy: sigterm},
		"others do not end it": {after: []syscall.Signal{sigint, sigint, syscall.SIGHUP, syscall.SIGUSR1},
			sent: []syscall.Signal{sigint, sigint, syscall.SIGHUP, syscall.SIGUSR1}},
		"after the end":            {over: []syscall.Signal{sigint}, cancelledBy: sigint},
		"hung up on after the end": {over: []syscall.Signal{syscall.SIGHUP}, cancelledBy: syscall.SIGHUP},
		"others, after the end":    {over: []syscall.Signal{syscall.SIGUSR1, syscall.SIGWINCH}},
		"one more, after the end":  {after: []syscall.Signal{sigint}, over: []syscall.Signal{sigterm}, sent: []syscall.Signal{sigint}, cancelledBy: sigterm},
		"during and after it":      {during: []syscall.Signal{sigterm}, after: []syscall.Signal{sigint}, sent: []syscall.Signal{sigterm, sigint}},
	} {
		t.Run(name, func(t *testing.T) {
			cancelled := false
			g := &Signals{caught: make(chan os.Signal), cancel: func() { cancelled = true }, sends: make(chan func(), lastSignal)}
			var sent []syscall.Signal
			feed := func(sigs []syscall.Signal) {
				for _, s := range sigs {
					g.handle(s)
				}
			}
			feed(c.before)
			g.BeginStart()
			feed(c.during)
			g.Begun(func(s syscall.Signal) { sent = append(sent, s) })
			feed(c.after)
			if c.over != nil {
				g.Over()
				feed(c.over)
				if g.GaveUp() {
					t.Error("something is said to be left")
				}
			}
			close(g.sends)
			for send := range g.sends {
				send()
			}

			if !slices.Equal(sent, c.sent) {
				t.Errorf("sent %v, want %v", sent, c.sent)
			}
			by, ok := g.Cancelled()
			if by != c.cancelledBy || ok != (c.cancelledBy != 0) || cancelled != ok {
				t.Errorf("cancelled by %v (%v, %v), want %v", by, ok, cancelled, c.cancelledBy)
			}
		})
	}
}

// TestSignalKept: one that was for what never began cancels the run.
func TestSignalKept(t *testing.T) {
	cancelled := false
	g := &Signals{caught: make(chan os.Signal), cancel: func() { cancelled = true }, sends: make(chan func(), lastSignal)}
	g.BeginStart()
	g.PrepareNext()
	if cancelled {
		t.Error("nothing cancels it")
	}
	g.BeginStart()
	g.handle(syscall.SIGTERM)
	if cancelled {
		t.Error("the first signal during a start cancels")
	}
	g.PrepareNext()
	if sig, ok := g.Cancelled(); !cancelled || !ok || sig != syscall.SIGTERM || g.GaveUp() {
		t.Errorf("cancelled: %v, by %v; given up: %v", cancelled, sig, g.GaveUp())
	}
}

// TestExpectedSignals: until they are caught signals have their usual effect, also once
// os/signal has them.
func TestExpectedSignals(t *testing.T) {
	if n, err := strconv.Atoi(os.Getenv("EXPECTED_SIGNAL")); err == nil {
		g := ExpectSignals()
		<-g.expected
		if n == 0 {
			cancelled := make(chan struct{})
			g.Catch(func() { close(cancelled) })
			raise(t, syscall.SIGTERM)
			<-cancelled
			os.Exit(3)
		}
		raise(t, syscall.Signal(n))
		select {} // until it ends this process
	}
	for sig, ended := range map[syscall.Signal]string{
		syscall.SIGTERM: "signal: terminated", syscall.SIGINT: "signal: interrupt", syscall.SIGHUP: "signal: hangup", 0: "exit status 3",
	} {
		t.Run(sig.String(), func(t *testing.T) {
			if signal.Ignored(sig) {
				t.Skip("this process was started to ignore it, as by nohup")
			}
			cmd := exec.Command(os.Args[0], "-test.run=^TestExpectedSignals$", "-test.timeout=1m")
			cmd.Env = append(os.Environ(), "EXPECTED_SIGNAL="+strconv.Itoa(int(sig)))
			if err := cmd.Run(); err == nil || err.Error() != ended {
				t.Errorf("it ended with %v, want %s", err, ended)
			}
		})
	}
}

func raise(t *testing.T, sig syscall.Signal) {
	if err := syscall.Kill(os.Getpid(), sig); err != nil {
		t.Fatal(err)
	}
}
