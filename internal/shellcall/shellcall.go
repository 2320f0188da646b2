// Package shellcall is how ctenv-init has a shell run several commands, and how the
// shell answers: with what it has come to after the last one.
package shellcall

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// The built-in shell's first argument.
const (
	Shell    = "sh"        // the arguments of a shell follow
	Commands = "run-texts" // variables "NAME=value" follow, "", and commands, each after its number
)

// MarkCommand says in shell text that the command of a number begins. It takes that
// and the status to end with.
const MarkCommand = "__ctenv_mark"

// HeldMask is the variable in which a shell notes a mask that was set where it was there
// already (State.UmaskSet).
const HeldMask = ownPrefix + "held"

// ownPrefix begins the names of the variables that are ctenv's in a shell.
const ownPrefix = "__ctenv_"

// OwnVariable says whether "NAME=value" is one of those.
func OwnVariable(kv string) bool { return strings.HasPrefix(kv, ownPrefix) }

// Holds says whether held, of HeldMask, is mask.
func Holds(held string, mask int) bool {
	n, err := strconv.ParseUint(held, 8, 16)
	return err == nil && int(n) == mask
}

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

// State is what a shell ends with.
type State struct {
	Cwd      string   // "" where the directory is gone
	Umask    int      // file mode creation mask
	UmaskSet bool     // the text has set that mask where it was that already
	Limits   []Limit  // resource limits; none where the shell cannot set them
	Environ  []string // "NAME=value"
}

// Limit is a resource limit, by docker's name of it; -1 is unlimited.
type Limit struct {
	Name       string
	Soft, Hard int64
}

// End writes the state after the last command: a NUL byte, the directory, the umask in
// octal, after which "=" says that it was set, the limits as NAME=SOFT:HARD between spaces, and each variable, each ended by one.
func End(w io.Writer, s State) error {
	var limits []string
	for _, l := range s.Limits {
		limits = append(limits, fmt.Sprintf("%s=%d:%d", l.Name, l.Soft, l.Hard))
	}
	var b bytes.Buffer
	mask := strconv.FormatInt(int64(s.Umask), 8)
	if s.UmaskSet {
		mask += "="
	}
	for _, text := range append([]string{"", s.Cwd, mask, strings.Join(limits, " ")}, s.Environ...) {
		b.WriteString(text)
		b.WriteByte(0)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// Read reads a report: the number of the last command that was begun, 0 for none,
// and what End wrote, nil without it.
func Read(r io.ReaderAt) (begun int, after *State, err error) {
	data, err := io.ReadAll(io.NewSectionReader(r, 0, 1<<30))
	if err != nil {
		return 0, nil, fmt.Errorf("reading the shell's report: %w", err)
	}
	marks, end, complete := strings.Cut(string(data), "\x00")
	for mark := range strings.Lines(marks) {
		// A command may have written to the descriptor by mistake.
		if n, err := strconv.Atoi(strings.TrimSuffix(mark, "\n")); err == nil {
			begun = n
		}
	}
	if !complete {
		return begun, nil, nil
	}
	fields := strings.Split(strings.TrimSuffix(end, "\x00"), "\x00")
	if len(fields) < 3 {
		return begun, nil, errors.New("reading the shell's report: it is cut off")
	}
	octal, set := strings.CutSuffix(fields[1], "=")
	mask, err := strconv.ParseUint(octal, 8, 9)
	if err != nil {
		return begun, nil, fmt.Errorf("reading the shell's report: umask %q", fields[1])
	}
	after = &State{Cwd: fields[0], Umask: int(mask), UmaskSet: set, Environ: []string{}}
	for _, text := range strings.Fields(fields[2]) {
		name, values, _ := strings.Cut(text, "=")
		soft, hard, _ := strings.Cut(values, ":")
		l := Limit{Name: name}
		var softErr, hardErr error
		l.Soft, softErr = strconv.ParseInt(soft, 10, 64)
		l.Hard, hardErr = strconv.ParseInt(hard, 10, 64)
		if err := errors.Join(softErr, hardErr); err != nil {
			return begun, nil, fmt.Errorf("reading the shell's report: limit %q", text)
		}
		after.Limits = append(after.Limits, l)
	}
	for _, kv := range fields[3:] {
		if kv != "" {
			after.Environ = append(after.Environ, kv)
		}
	}
	return begun, after, nil
}
