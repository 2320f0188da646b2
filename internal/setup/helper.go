//go:build linux

package setup

import (
	"os"

	"ctenv/internal/hint"
	"ctenv/internal/message"
	"ctenv/internal/shellbin"
	"ctenv/internal/shellcall"
	"ctenv/internal/shelltext"
)

// Helper does the work of a process that runShell or a shell started, where args,
// the program's name first, say so. It becomes the built-in shell, or returns an
// exit status.
func Helper(args, environ []string) (status int, ok bool) {
	var err error
	switch {
	case len(args) == 4 && args[1] == shelltext.DumpArg:
		err = shelltext.Dump(args[2], args[3], environ)
	case len(args) > 1 && args[1] == passArg:
		err = passOn(args[2:])
	case len(args) == 3 && (args[1] == timeoutArg || args[1] == timeoutLast):
		err = endAfter(args[1], args[2])
	case len(args) > 1 && (args[1] == shellcall.Shell || args[1] == shellcall.Commands):
		err = shellbin.Exec(args, environ)
	default:
		return 0, false
	}
	if err != nil {
		message.Writer{Out: os.Stderr}.Error(err)
		return hint.Engine, true
	}
	return 0, true
}
