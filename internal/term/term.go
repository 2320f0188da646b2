// Package term is how ctenv's own output looks: colours where a terminal takes
// them, columns that line up whatever the names in them hold, and no line longer
// than the terminal is wide. What is piped is never coloured and never cut.
package term

import (
	"io"
	"os"
	"strings"

	"github.com/moby/term"
)

// Output is a stream and what is known about it.
type Output struct {
	w       io.Writer
	colour  bool
	shades  bool // of 256
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
	o.shades = strings.Contains(getenv("TERM"), "256color") || getenv("COLORTERM") != ""
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
	red    Style = "31"
	Green  Style = "32"
	Yellow Style = "33"
	Cyan   Style = "36"
	Error  Style = "1;31"
)

// shades of 256 are legible on black as on white, with a contrast of about 4.5 to 1 on both.
// What terminals show for the eight colours is theirs to choose: on white, many a yellow and
// cyan is as good as nothing.
var shades = map[Style]Style{
	red: "38;5;160", Green: "38;5;28", Yellow: "38;5;130", Cyan: "38;5;30", Error: "1;38;5;160",
}

// Paint gives s in a style, or as it is where there are no colours.
func (o *Output) Paint(style Style, s string) string {
	if !o.colour || style == Plain || s == "" {
		return s
	}
	if shade, ok := shades[style]; ok && o.shades {
		style = shade
	}
	return "\x1b[" + string(style) + "m" + s + "\x1b[0m"
}
