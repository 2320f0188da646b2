package term

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"ctenv/internal/hint"
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
func (c *Console) Getenv(name string) string {
	for _, kv := range c.Environ {
		if n, value, _ := strings.Cut(kv, "="); n == name {
			return value
		}
	}
	return ""
}

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
		fmt.Fprintf(c.Stderr, "[ctenv] %s\n", OneLine(fmt.Sprintf(format, args...)))
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
		fmt.Fprintf(c.Stderr, "[ctenv] %s %s\n", c.Err().Paint(Yellow, "warning:"), OneLine(fmt.Sprintf(format, args...)))
	}
}

// Fail prints an error and its way out, "" for none.
func (c *Console) Fail(err error, way string) {
	fmt.Fprintf(c.Stderr, "%s %s\n", c.Err().Paint(Error, "error:"), OneLine(err.Error()))
	if way != "" {
		out := c.Err()
		fmt.Fprintf(c.Stderr, "%s %s\n", out.Paint(Cyan, "hint:"), perWay(OneLine(way), out.Columns()-len("hint: "), "      "))
	}
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
	return c.Print(JSON(b.String()))
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
