// Package streams moves the standard streams of a command between the caller and wherever
// it runs: by pipes whose other ends it has, in frames, or into a terminal.
package streams

import "os"

// Streams is where a run reads, writes and speaks. In, Out and Err belong to the
// command. A nil function says nothing.
type Streams struct {
	In, Out, Err *os.File

	// Progress shows what a pull does; nil shows nothing.
	Progress *os.File

	Say     func(format string, a ...any) // [ctenv] …
	Verbose func(format string, a ...any) // with -v
	Warn    func(format string, a ...any)
}

// Sayf, Verbosef and Warnf say something by s.Say, s.Verbose and s.Warn.
func (s Streams) Sayf(format string, a ...any)     { call(s.Say, format, a) }
func (s Streams) Verbosef(format string, a ...any) { call(s.Verbose, format, a) }
func (s Streams) Warnf(format string, a ...any)    { call(s.Warn, format, a) }

func call(f func(string, ...any), format string, a []any) {
	if f != nil {
		f(format, a...)
	}
}
