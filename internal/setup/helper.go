//go:build linux

package setup

import (
	"os"

	"ctenv/internal/shellbin"
	"ctenv/internal/shellcall"
)

// dumpArg makes ctenv-init end a shell's report on the descriptor that follows.
const dumpArg = "dump-environment"

// Helper does the work of a process that runShell or a shell started, where args,
// the program's name first, say so. It becomes the built-in shell, or returns an
// exit status.
func Helper(args, environ []string) (status int, ok bool) {
	var err error
	switch {
	case len(args) == 3 && args[1] == dumpArg:
		err = dump(args[2], environ)
	case len(args) > 1 && (args[1] == shellcall.Shell || args[1] == shellcall.Commands):
		err = shellbin.Exec(args, environ)
	default:
		return 0, false
	}
	if err != nil {
		Messages{Out: os.Stderr}.Error(err)
		return ExitSetup, true
	}
	return 0, true
}
