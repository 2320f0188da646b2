//go:build linux

package setup

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// dumpArg makes ctenv-init report its environment instead of doing its work. It
// counts only where there is no request, so no user's command can be it.
const dumpArg = "dump-environment"

// IsDump says that the arguments, the program's name first, come from the end of
// a shell that runShell started.
func IsDump(args []string) bool { return len(args) == 3 && args[1] == dumpArg }

// Dump writes the environment and the current directory to the descriptor that
// args name: a NUL byte, the directory, and each variable, each ended by one.
func Dump(args, environ []string) error {
	fd, err := strconv.Atoi(args[2])
	if err != nil {
		return fmt.Errorf("descriptor %q is no number", args[2])
	}
	// Not os.Getwd, which believes PWD. A folder that is gone has no name.
	cwd, err := unix.Getwd()
	if err != nil {
		cwd = ""
	}
	var b bytes.Buffer
	for _, s := range append([]string{"", cwd}, environ...) {
		b.WriteString(s)
		b.WriteByte(0)
	}
	_, err = os.NewFile(uintptr(fd), "report").Write(b.Bytes())
	return err
}

// readReport reads the number of the last command that was begun, a line each,
// and then what Dump wrote. Without the latter env is nil.
func readReport(r io.ReaderAt) (begun int, cwd string, env Environ, err error) {
	data, err := io.ReadAll(io.NewSectionReader(r, 0, 1<<30))
	if err != nil {
		return 0, "", nil, fmt.Errorf("reading the shell's report: %w", err)
	}
	marks, dump, complete := strings.Cut(string(data), "\x00")
	for mark := range strings.Lines(marks) {
		// A command may have written to the descriptor by mistake.
		if n, err := strconv.Atoi(strings.TrimSuffix(mark, "\n")); err == nil {
			begun = n
		}
	}
	if !complete {
		return begun, "", nil, nil
	}
	cwd, vars, _ := strings.Cut(dump, "\x00")
	env = Environ{}
	for kv := range strings.SplitSeq(strings.TrimSuffix(vars, "\x00"), "\x00") {
		if kv != "" {
			env = append(env, kv)
		}
	}
	return begun, cwd, env, nil
}
