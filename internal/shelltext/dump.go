//go:build linux

package shelltext

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"ctenv/internal/rlimit"
	"ctenv/internal/shellcall"
)

// DumpArg makes ctenv-init end a shell's report on the descriptor that follows.
const DumpArg = "dump-environment"

// Dump ends a report on the descriptor named, from a process that a shell started.
func Dump(descriptor string, environ []string) error {
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
	var limits []shellcall.Limit
	for _, l := range rlimit.Of(unix.Getppid()) {
		limits = append(limits, shellcall.Limit(l))
	}
	return shellcall.End(os.NewFile(uintptr(fd), "report"), shellcall.State{Cwd: cwd, Umask: mask, Limits: limits, Environ: environ})
}
