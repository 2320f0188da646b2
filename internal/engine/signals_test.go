package engine

import (
	"os"
	"slices"
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

func TestSignalPhases(t *testing.T) {
	const (
		sigint  = syscall.SIGINT
		sigterm = syscall.SIGTERM
	)
	for name, c := range map[string]struct {
		before, during, after []syscall.Signal // the start
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
		"during and after it": {during: []syscall.Signal{sigterm}, after: []syscall.Signal{sigint}, sent: []syscall.Signal{sigterm, sigint}},
	} {
		t.Run(name, func(t *testing.T) {
			cancelled := false
			g := &signals{caught: make(chan os.Signal), cancel: func() { cancelled = true }, sends: make(chan func(), lastSignal)}
			var sent []syscall.Signal
			feed := func(sigs []syscall.Signal) {
				for _, s := range sigs {
					g.handle(s)
				}
			}
			feed(c.before)
			g.beginStart()
			feed(c.during)
			g.begun(func(s syscall.Signal) { sent = append(sent, s) })
			feed(c.after)
			close(g.sends)
			for send := range g.sends {
				send()
			}

			if !slices.Equal(sent, c.sent) {
				t.Errorf("sent %v, want %v", sent, c.sent)
			}
			by, ok := g.cancelled()
			if by != c.cancelledBy || ok != (c.cancelledBy != 0) || cancelled != ok {
				t.Errorf("cancelled by %v (%v, %v), want %v", by, ok, cancelled, c.cancelledBy)
			}
		})
	}
}
