package setup

import (
	"errors"
	"fmt"
	"syscall"
)

// ExitSetup is the exit code of ctenv's own failure, as docker run has it.
const ExitSetup = 125

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

// SignalError says that a signal ended the set-up.
type SignalError struct{ Signal syscall.Signal }

func (e *SignalError) Error() string { return "stopped by signal: " + e.Signal.String() }

// ReportedError is the end of a child that has said itself what was wrong.
type ReportedError struct{ Code int }

func (e *ReportedError) Error() string { return fmt.Sprintf("exit status %d", e.Code) }

// hintError is an error with a way out.
type hintError struct {
	error
	hint string
}

func (e *hintError) Unwrap() error { return e.error }

func hinted(err error, format string, args ...any) error {
	return &hintError{err, fmt.Sprintf(format, args...)}
}

// Hint returns the way out that err knows of, or "".
func Hint(err error) string {
	if h, ok := errors.AsType[*hintError](err); ok {
		return h.hint
	}
	return ""
}

// ExitCode returns the code to end with: that of the shell's convention where a
// signal ended the set-up, Docker's where the command could not be started.
func ExitCode(err error) int {
	if c, ok := errors.AsType[*CommandError](err); ok {
		return c.Code
	}
	if s, ok := errors.AsType[*SignalError](err); ok {
		return 128 + int(s.Signal)
	}
	if r, ok := errors.AsType[*ReportedError](err); ok {
		return r.Code
	}
	return ExitSetup
}
