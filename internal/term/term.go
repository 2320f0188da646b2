// Package term is how ctenv's own output looks: colours where a terminal takes
// them, columns that line up whatever the names in them hold, and no line longer
// than the terminal is wide. What is piped is never coloured and never cut.
package term

import (
	"io"
	"os"

	"github.com/moby/term"
)

// Output is a stream and what is known about it.
type Output struct {
	w       io.Writer
	colour  bool
	columns int
}

// New looks at f. getenv is that of the process: NO_COLOR (https://no-color.org)
// and TERM=dumb turn colours off.
func New(f *os.File, getenv func(string) string) *Output {
	o := &Output{w: f}
	if !term.IsTerminal(f.Fd()) {
		return o
	}
	o.colour = getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"
	if size, err := term.GetWinsize(f.Fd()); err == nil {
		o.columns = int(size.Width)
	}
	return o
}

// Columns is the terminal's width, 0 where the stream is none.
func (o *Output) Columns() int { return o.columns }

// Style is how a text looks, as a parameter of SGR (ECMA-48, 8.3.117).
type Style string

const (
	Plain  Style = ""
	Bold   Style = "1"
	Faint  Style = "2"
	Red    Style = "31"
	Green  Style = "32"
	Yellow Style = "33"
	Cyan   Style = "36"
	Error  Style = "1;31"
)

// Paint gives s in a style, or as it is where there are no colours.
func (o *Output) Paint(style Style, s string) string {
	if !o.colour || style == Plain || s == "" {
		return s
	}
	return "\x1b[" + string(style) + "m" + s + "\x1b[0m"
}
