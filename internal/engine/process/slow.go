package process

import (
	"time"

	"ctenv/internal/streams"
	"ctenv/internal/tty"
)

// slowStart is how long a start may take before it is said.
const slowStart = 10 * time.Second

// sayWhenSlow tells of an engine that hangs over the start of what, and lets one signal
// end that from then on, or one that has come before. One that reads a FIFO in the image for its users hangs for
// ever. stop is called when it has started.
func sayWhenSlow(g *tty.Signals, what string, t *tty.Terminal, s streams.Streams) (stop func() bool) {
	return time.AfterFunc(slowStart, func() {
		if t != nil {
			t.Lines()
		}
		if !g.EndWait() {
			return
		}
		s.Sayf("the engine has not started %s in %v; Ctrl-C gives up", what, slowStart)
	}).Stop
}
