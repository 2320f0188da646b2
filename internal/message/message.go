// Package message writes what the person who waits for ctenv-init should know.
package message

import (
	"fmt"
	"io"

	"ctenv/internal/hint"
)

// Writer writes messages, a line each, as far as they are wanted.
type Writer struct {
	Out io.Writer // stderr
	// Verbosity is -1 for errors only, 0, or the number of -v.
	Verbosity int
	// Live allows a line that is rewritten: Out is a terminal.
	Live bool
}

// Say writes a line unless -q was given.
func (m Writer) Say(format string, args ...any) { m.at(0, format, args) }

// Warn is Say for what is not as it was asked for.
func (m Writer) Warn(format string, args ...any) { m.at(0, "warning: "+format, args) }

// Detail writes a line where -v was given.
func (m Writer) Detail(format string, args ...any) { m.at(1, format, args) }

func (m Writer) at(level int, format string, args []any) {
	if m.Verbosity >= level {
		fmt.Fprintf(m.Out, "[ctenv] "+format+"\n", args...)
	}
}

// Error writes an error with its hint.
func (m Writer) Error(err error) {
	fmt.Fprintf(m.Out, "error: %v\n", err)
	if h, _ := hint.Of(err); h != "" {
		fmt.Fprintf(m.Out, "hint: %s\n", h)
	}
}
