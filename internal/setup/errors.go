//go:build linux

package setup

import (
	"fmt"
	"os"

	"ctenv/internal/child"
	"ctenv/internal/hint"
	"ctenv/internal/message"
)

// stepError names the step that ended the set-up.
type stepError struct {
	Step string
	Err  error
}

func (e *stepError) Error() string { return e.Step + ": " + e.Err.Error() }
func (e *stepError) Unwrap() error { return e.Err }

func hinted(err error, format string, args ...any) error {
	return hint.With(err, fmt.Sprintf(format, args...))
}

// ExitCode returns the code to end with.
func ExitCode(err error) int {
	if _, code := hint.Of(err); code != 0 {
		return code
	}
	return hint.Engine
}

// report says an error, unless it has been said, as the end of a child that does so itself
// has, or is somebody's signal.
func report(msg message.Writer, err error) {
	switch err.(type) {
	case *child.SignalError, hint.Status:
		return
	}
	msg.Error(err)
}

// Report is report for the program's own end.
func Report(err error) { report(message.Writer{Out: os.Stderr}, err) }
