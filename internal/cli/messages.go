package cli

import (
	"fmt"
	"strings"
	"unicode"
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
		fmt.Fprintf(a.Stderr, "[ctenv] %s\n", oneLine(fmt.Sprintf(format, args...)))
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
		fmt.Fprintf(a.Stderr, "[ctenv] warning: %s\n", oneLine(fmt.Sprintf(format, args...)))
	}
}

func (a *app) fail(err error, hint string) {
	fmt.Fprintf(a.Stderr, "error: %s\n", oneLine(err.Error()))
	if hint != "" {
		a.hint(hint)
	}
}

func (a *app) hint(text string) { fmt.Fprintf(a.Stderr, "hint: %s\n", oneLine(text)) }

// oneLine shows control characters instead of sending them: names, paths and
// values in messages come from files and images of strangers.
func oneLine(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsControl(r) {
			b.WriteString(strings.Trim(fmt.Sprintf("%q", r), "'"))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
