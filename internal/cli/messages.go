package cli

import (
	"fmt"
	"strings"

	"ctenv/internal/term"
)

// verbosity is -1 with -q, else the number of -v.
func (a *app) verbosity() int {
	if a.quiet {
		return -1
	}
	return a.verbose
}

// say prints a message about what ctenv does.
func (a *app) say(format string, args ...any) {
	if !a.quiet {
		fmt.Fprintf(a.Stderr, "[ctenv] %s\n", term.OneLine(fmt.Sprintf(format, args...)))
	}
}

// detail is say with -v.
func (a *app) detail(format string, args ...any) {
	if a.verbosity() > 0 {
		a.say(format, args...)
	}
}

// warn prints what the caller should know but need not act on.
func (a *app) warn(format string, args ...any) {
	if !a.quiet {
		fmt.Fprintf(a.Stderr, "[ctenv] %s %s\n", a.stderr().Paint(term.Yellow, "warning:"), term.OneLine(fmt.Sprintf(format, args...)))
	}
}

func (a *app) fail(err error, hint string) {
	fmt.Fprintf(a.Stderr, "%s %s\n", a.stderr().Paint(term.Error, "error:"), term.OneLine(err.Error()))
	if hint != "" {
		a.hint(hint)
	}
}

func (a *app) hint(text string) {
	fmt.Fprintf(a.Stderr, "%s %s\n", a.stderr().Paint(term.Cyan, "hint:"), term.OneLine(text))
}

// stdout and stderr are the streams as ctenv's own output looks on them.
func (a *app) stdout() *term.Output { return term.New(a.Stdout, a.getenv) }
func (a *app) stderr() *term.Output { return term.New(a.Stderr, a.getenv) }

func (a *app) getenv(name string) string {
	for _, kv := range a.Environ {
		if n, value, _ := strings.Cut(kv, "="); n == name {
			return value
		}
	}
	return ""
}
