package term

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"ctenv/internal/environ"
	"ctenv/internal/hint"
	"ctenv/internal/wrap"
)

// Console is the process around a command line: its streams and environment, and how
// much it is to say.
type Console struct {
	Environ               []string
	Stdin, Stdout, Stderr *os.File
	Verbose               int // the number of -v
	Quiet                 bool
}

// Getenv is the first value of a variable, "" for none.
func (c *Console) Getenv(name string) string { return environ.Vars(c.Environ).Get(name) }

// Verbosity is -1 with -q, else the number of -v.
func (c *Console) Verbosity() int {
	if c.Quiet {
		return -1
	}
	return c.Verbose
}

// Out and Err are the streams as ctenv's own output looks on them.
func (c *Console) Out() *Output { return New(c.Stdout, c.Getenv) }
func (c *Console) Err() *Output { return New(c.Stderr, c.Getenv) }

// Say prints a message about what ctenv does.
func (c *Console) Say(format string, args ...any) {
	if !c.Quiet {
		c.write(own, fmt.Sprintf(format, args...), wrap.Lines.Message)
	}
}

// Detail is Say with -v.
func (c *Console) Detail(format string, args ...any) {
	if c.Verbosity() > 0 {
		c.Say(format, args...)
	}
}

// Warn prints what the caller should know but need not act on.
func (c *Console) Warn(format string, args ...any) {
	if !c.Quiet {
		c.write(own+c.Err().Paint(Yellow, "warning:")+" ", fmt.Sprintf(format, args...), wrap.Lines.Message)
	}
}

// Fail prints an error and its way out, "" for none.
func (c *Console) Fail(err error, way string) {
	c.write(c.Err().Paint(Error, "error:")+" ", err.Error(), wrap.Lines.Message)
	if way != "" {
		c.write(c.Err().Paint(Cyan, "hint:")+" ", way, wrap.Lines.Hint)
	}
}

// own precedes what ctenv says, so that it is not taken for the command's.
const own = "[ctenv] "

func (c *Console) write(label, text string, laid func(l wrap.Lines, text string) string) {
	width := Width(label)
	fmt.Fprintf(c.Stderr, "%s%s\n", label, laid(laidOut(c.Err().Columns()-width, strings.Repeat(" ", width)), OneLine(text)))
}

// Print writes a result.
func (c *Console) Print(text string) error { return result(c.Stdout, text) }

// PrintJSON escapes what a terminal would act on: texts come from engines and files of
// strangers, and JSON itself asks for the first 32 control characters only (RFC 8259).
func (c *Console) PrintJSON(v any) error {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return printing(err)
	}
	return c.Print(inertJSON(b.String()))
}

func result(w io.Writer, text string) error {
	_, err := io.WriteString(w, text)
	return printing(err)
}

// printing is the failure to print a result; nil stays nil.
func printing(err error) error {
	if err == nil {
		return nil
	}
	return hint.Failed(fmt.Errorf("printing the result: %w", err), "")
}
