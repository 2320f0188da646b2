//go:build linux

package shelltext

import (
	"fmt"
	"os"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"ctenv/internal/rlimit"
	"ctenv/internal/shellcall"
)

// DumpArg makes ctenv-init end a shell's report on the descriptor that follows. After that is
// the mask that the shell's text has set and that was there, in octal, or "".
const DumpArg = "dump-environment"

// Dump ends a report on the descriptor named, from a process that a shell started, with the
// mask that DumpArg tells of.
func Dump(descriptor, held string, environ []string) error {
	fd, err := strconv.Atoi(descriptor)
	if err != nil {
		return fmt.Errorf("descriptor %q is no number", descriptor)
	}
	// Not os.Getwd, which believes PWD. A directory that is gone has no name.
	cwd, err := unix.Getwd()
	if err != nil {
		cwd = ""
	}
	mask := unix.Umask(0)
	return shellcall.End(os.NewFile(uintptr(fd), "report"), shellcall.State{
		Cwd: cwd, Umask: mask, UmaskSet: shellcall.Holds(held, mask), Limits: rlimit.Of(unix.Getppid()),
		Environ: slices.DeleteFunc(environ, shellcall.OwnVariable), // with set -a they are exported
	})
}
