package engine

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

func (s Streams) say(format string, a ...any)     { call(s.Say, format, a) }
func (s Streams) verbose(format string, a ...any) { call(s.Verbose, format, a) }
func (s Streams) warn(format string, a ...any)    { call(s.Warn, format, a) }

func call(f func(string, ...any), format string, a []any) {
	if f != nil {
		f(format, a...)
	}
}
