//go:build linux

package shell

import (
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
	"mvdan.cc/sh/v3/interp"

	"ctenv/internal/shellcall"
)

// builtins are those that the interpreter knows by name only.
var builtins = map[string]func(*Shell, interp.HandlerContext, []string) int{
	"kill":                kill,
	"umask":               umask,
	shellcall.MarkCommand: (*Shell).markCommand,
}

// markCommand NUMBER STATUS says that a command begins, where somebody wants to know.
func (sh *Shell) markCommand(_ interp.HandlerContext, args []string) int {
	if len(args) != 2 {
		return syntaxStatus
	}
	number, err := strconv.Atoi(args[0])
	status, statusErr := strconv.Atoi(args[1])
	if err != nil || statusErr != nil {
		return syntaxStatus
	}
	if sh.begin != nil {
		sh.begin(number)
	}
	return status
}

// mark leads the name of one of them on its way from call to exec. No command's
// name can hold it.
const mark = "\x00"

// umask [MASK], octal. It is this process's, so a subshell's too.
func umask(_ *Shell, hc interp.HandlerContext, args []string) int {
	if len(args) == 0 {
		fmt.Fprintf(hc.Stdout, "%04o\n", currentUmask())
		return 0
	}
	mask, err := strconv.ParseUint(args[0], 8, 9)
	if err != nil || len(args) > 1 {
		fmt.Fprintf(hc.Stderr, "%s: umask: %q is not octal\n", name, args[0])
		return 1
	}
	unix.Umask(int(mask))
	return 0
}

func currentUmask() int {
	mask := unix.Umask(0o077)
	unix.Umask(mask)
	return mask
}

// kill [-SIGNAL|-s SIGNAL] PID...; what & starts may have no process, so its $! is
// no PID.
func kill(_ *Shell, hc interp.HandlerContext, args []string) int {
	signal := "TERM"
	if len(args) > 1 && args[0] == "-s" {
		signal, args = args[1], args[2:]
	} else if len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		signal, args = args[0][1:], args[1:]
	}
	number, err := strconv.Atoi(signal)
	if err != nil {
		number = int(unix.SignalNum("SIG" + strings.TrimPrefix(strings.ToUpper(signal), "SIG")))
	}
	if err != nil && number == 0 || len(args) == 0 {
		fmt.Fprintf(hc.Stderr, "%s: kill: it takes [-SIGNAL] PID...\n", name)
		return 2
	}
	status := 0
	for _, arg := range args {
		pid, err := strconv.Atoi(arg)
		if err == nil {
			err = unix.Kill(pid, unix.Signal(number))
		}
		if err != nil {
			fmt.Fprintf(hc.Stderr, "%s: kill: %q: %v\n", name, arg, err)
			status = 1
		}
	}
	return status
}
