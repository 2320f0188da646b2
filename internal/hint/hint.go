// Package hint is what an error carries beside its text: the way out, and the code that
// the program ends with. Both are set where the error arises, and read by whoever prints
// it.
package hint

import (
	"errors"
	"fmt"
	"io/fs"
)

// The codes of ctenv's own failures, Docker's for the third. Every other code is that
// of a command.
const (
	Config = 1   // a mistake in the configuration
	Usage  = 2   // a mistake on the command line
	Engine = 125 // ctenv or the engine failed
)

// Carrier is an error that knows its way out, "" where there is none, and its code, 0
// where it leaves that to the errors in it.
type Carrier interface {
	error
	Carries() (hint string, code int)
}

// Error is a Carrier for errors that are nothing else.
type Error struct {
	Err  error
	Hint string
	Code int
}

func (e *Error) Error() string                    { return e.Err.Error() }
func (e *Error) Unwrap() error                    { return e.Err }
func (e *Error) Carries() (hint string, code int) { return e.Hint, e.Code }

// With is err with a way out; nil stays nil.
func With(err error, hint string) error {
	if err == nil {
		return nil
	}
	return &Error{Err: err, Hint: hint}
}

// Failed is err as a failure of ctenv or of this machine, which no configuration mends;
// nil stays nil.
func Failed(err error, hint string) error {
	if err == nil {
		return nil
	}
	return &Error{Err: err, Hint: hint, Code: Engine}
}

// SeeHelp is the hint of a mistake on the command line that has none of its own. Whoever
// prints it puts the command in COMMAND's place.
const SeeHelp = "see COMMAND --help"

// MoreFiles is the way out of EMFILE.
const MoreFiles = "this process may open no more files: raise the limit (ulimit -n)"

// Usagef is a mistake on the command line.
func Usagef(format string, a ...any) error { return Misused(SeeHelp, format, a...) }

// Misused is a mistake on the command line, with what to write instead.
func Misused(way, format string, a ...any) error {
	return &Error{Err: fmt.Errorf(format, a...), Hint: way, Code: Usage}
}

// Status is the exit code of a command that ran: no error to report.
type Status int

func (s Status) Error() string                    { return fmt.Sprintf("exit status %d", int(s)) }
func (s Status) Carries() (hint string, code int) { return "", int(s) }

// Ended is err, or where there is none the exit code of a command; nil for 0.
func Ended(code int, err error) error {
	if err != nil || code == 0 {
		return err
	}
	return Status(code)
}

// Of returns what err carries: the outermost hint and the outermost code in it, "" and
// 0 where it has none.
func Of(err error) (hint string, code int) {
	if err == nil {
		return "", 0
	}
	if c, ok := err.(Carrier); ok {
		hint, code = c.Carries()
	}
	for _, inner := range unwrap(err) {
		h, c := Of(inner)
		if hint == "" {
			hint = h
		}
		if code == 0 {
			code = c
		}
	}
	return hint, code
}

func unwrap(err error) []error {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		return many.Unwrap()
	}
	if inner := errors.Unwrap(err); inner != nil {
		return []error{inner}
	}
	return nil
}

// Cause is err without the operation and the path, which the message names itself.
func Cause(err error) error {
	if pe := (*fs.PathError)(nil); errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
