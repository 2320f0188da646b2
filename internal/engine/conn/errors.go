package conn

import (
	"errors"
	"strings"

	"ctenv/internal/hint"
)

// Error is a failure of the engine, or of carrying a plan out on it: exit code
// 125, as `docker run` has it. Hint is the way out where there is one.
type Error struct {
	Msg  string
	Hint string
	Err  error // the cause, nil where Msg is the whole story
}

func (e *Error) Error() string {
	if e.Err == nil {
		return e.Msg
	}
	return e.Msg + ": " + CauseText(e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

func (e *Error) Carries() (way string, code int) { return e.Hint, hint.Engine }

// CauseText is an error of the engine on one line, without what every one of
// them starts with.
func CauseText(err error) string {
	text := strings.TrimPrefix(err.Error(), "Error response from daemon: ")
	if ours := (*Error)(nil); errors.As(err, &ours) {
		text = ours.Error() // the client has put words of its own around it
	}
	return strings.Join(strings.Fields(text), " ")
}

// Cause is an error with a shorter text.
type Cause struct {
	Text string
	Err  error
}

func (c *Cause) Error() string { return c.Text }
func (c *Cause) Unwrap() error { return c.Err }
