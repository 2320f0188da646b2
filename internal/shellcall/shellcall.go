// Package shellcall is how ctenv-init has a shell run several commands, and how the
// shell answers: with its environment and its folder after the last one.
package shellcall

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// The built-in shell's first argument.
const (
	Shell    = "sh"        // the arguments of a shell follow
	Commands = "run-texts" // commands follow, each an argument
)

// The descriptors of the report. A shell's redirection takes one digit; the second
// is out of the way of a command that uses the first for itself.
const (
	MarkFD = 9  // gets what Begin writes
	EndFD  = 19 // gets what End writes
)

// Begin writes that the command of that number, from 1, begins.
func Begin(w io.Writer, number int) error {
	_, err := fmt.Fprintln(w, number)
	return err
}

// End writes the folder and the environment ("NAME=value") after the last command:
// a NUL byte, the folder and each variable, each ended by one.
func End(w io.Writer, cwd string, environ []string) error {
	var b bytes.Buffer
	for _, s := range append([]string{"", cwd}, environ...) {
		b.WriteString(s)
		b.WriteByte(0)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// Read reads a report: the number of the last command that was begun, 0 for none,
// and what End wrote. Without the latter environ is nil.
func Read(r io.ReaderAt) (begun int, cwd string, environ []string, err error) {
	data, err := io.ReadAll(io.NewSectionReader(r, 0, 1<<30))
	if err != nil {
		return 0, "", nil, fmt.Errorf("reading the shell's report: %w", err)
	}
	marks, end, complete := strings.Cut(string(data), "\x00")
	for mark := range strings.Lines(marks) {
		// A command may have written to the descriptor by mistake.
		if n, err := strconv.Atoi(strings.TrimSuffix(mark, "\n")); err == nil {
			begun = n
		}
	}
	if !complete {
		return begun, "", nil, nil
	}
	cwd, vars, _ := strings.Cut(end, "\x00")
	environ = []string{}
	for kv := range strings.SplitSeq(strings.TrimSuffix(vars, "\x00"), "\x00") {
		if kv != "" {
			environ = append(environ, kv)
		}
	}
	return begun, cwd, environ, nil
}
