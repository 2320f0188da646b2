//go:build linux

package setup

import (
	"fmt"
	"os"

	"ctenv/internal/child"
	"ctenv/internal/hint"
	"ctenv/internal/message"
)

// ExitSetup is the exit code of ctenv's own failure, as docker run has it.
const ExitSetup = hint.Engine

// StepError names the step that ended the set-up.
type StepError struct {
	Step string
	Err  error
}

func (e *StepError) Error() string { return e.Step + ": " + e.Err.Error() }
func (e *StepError) Unwrap() error { return e.Err }

// CommandError says that the command could not be started.
type CommandError struct {
	Err  error
	Code int // 127: not found, 126: found, but not executable
}

func (e *CommandError) Error() string { return e.Err.Error() }
func (e *CommandError) Unwrap() error { return e.Err }

func (e *CommandError) Carries() (way string, code int) { return "", e.Code }

// ReportedError is the end of a child that has said itself what was wrong.
type ReportedError struct{ Code int }

func (e *ReportedError) Error() string { return fmt.Sprintf("exit status %d", e.Code) }

func (e *ReportedError) Carries() (way string, code int) { return "", e.Code }

func hinted(err error, format string, args ...any) error {
	return hint.With(err, fmt.Sprintf(format, args...))
}

// ExitCode returns the code to end with.
func ExitCode(err error) int {
	if _, code := hint.Of(err); code != 0 {
		return code
	}
	return ExitSetup
}

// report says an error, unless it has been said or is somebody's signal.
func report(msg message.Writer, err error) {
	switch err.(type) {
	case *child.SignalError, *ReportedError:
		return
	}
	msg.Error(err)
}

// Report is report for the program's own end.
func Report(err error) { report(message.Writer{Out: os.Stderr}, err) }
