package process

import (
	"time"

	"ctenv/internal/streams"
	"ctenv/internal/tty"
)

// slowStart is how long a start may take before it is said.
var slowStart = 10 * time.Second

// sayWhenSlow tells that who hangs over the start of what, and lets one signal
// end that from then on, or one that has come before. An engine that reads a FIFO in the image for its users hangs for
// ever, and so does what opens a program on a file server that is away. stop is called when it has started.
func sayWhenSlow(g *tty.Signals, who, what string, t *tty.Terminal, s streams.Streams) (stop func() bool) {
	return time.AfterFunc(slowStart, func() {
		if t != nil {
			t.Lines()
		}
		if !g.EndWait() {
			return
		}
		s.Sayf("%s has not started %s in %v; Ctrl-C gives up", who, what, slowStart)
	}).Stop
}
