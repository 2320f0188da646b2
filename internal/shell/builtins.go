//go:build linux

package shell

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
	"mvdan.cc/sh/v3/expand"
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

// umask [MASK], octal. What a shell has set is in variables, which a subshell has for itself.
func umask(sh *Shell, hc interp.HandlerContext, args []string) int {
	if len(args) == 0 {
		fmt.Fprintf(hc.Stdout, "%04o\n", sh.maskOf(hc.Env))
		return 0
	}
	mask, err := strconv.ParseUint(args[0], 8, 9)
	if err != nil || len(args) > 1 {
		fmt.Fprintf(hc.Stderr, "%s: umask: %q is not octal\n", name, args[0])
		return 1
	}
	text := fmt.Sprintf("%s=%04o", maskVariable, mask)
	if sh.maskOf(hc.Env) == int(mask) {
		text += fmt.Sprintf(" %s=%04o", shellcall.HeldMask, mask)
	}
	if err := hc.Builtin(context.Background(), []string{"eval", text}); err != nil {
		fmt.Fprintf(hc.Stderr, "%s: umask: %v\n", name, err)
		return 1
	}
	unix.Umask(int(mask))
	return 0
}

// maskVariable holds the mask that a shell has set.
const maskVariable = "__ctenv_mask"

// maskOf is the mask that a shell with that environment has.
func (sh *Shell) maskOf(env expand.Environ) int {
	if mask, err := strconv.ParseUint(env.Get(maskVariable).String(), 8, 9); err == nil {
		return int(mask)
	}
	return sh.began
}

// takeMask gives this process, which is all subshells too, the mask of the one that is at work.
// What runs at the same time shares it.
func (sh *Shell) takeMask(ctx context.Context) { unix.Umask(sh.maskOf(interp.HandlerCtx(ctx).Env)) }

func (sh *Shell) open(ctx context.Context, path string, flag int, perm os.FileMode) (io.ReadWriteCloser, error) {
	sh.takeMask(ctx)
	return interp.DefaultOpenHandler()(ctx, path, flag, perm)
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
