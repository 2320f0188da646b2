// Package message writes what the person who waits for ctenv-init should know.
package message

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"ctenv/internal/hint"
	"ctenv/internal/wrap"
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
	m.labelled("error: ", err.Error(), wrap.Lines.Message)
	if h, _ := hint.Of(err); h != "" {
		m.labelled("hint: ", h, wrap.Lines.Hint)
	}
}

func (m Writer) labelled(label, text string, laid func(l wrap.Lines, text string) string) {
	l := wrap.Lines{Most: columns(m.Out) - len(label), Indent: strings.Repeat(" ", len(label)), Width: utf8.RuneCountInString}
	fmt.Fprintf(m.Out, "%s%s\n", label, laid(l, text))
}
