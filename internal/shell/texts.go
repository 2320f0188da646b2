//go:build linux

package shell

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"

	"ctenv/internal/shellcall"
)

// runTexts runs commands in one shell, reports each before it runs and what the shell
// has come to after all, and returns the exit status. args are as shellcall.Commands
// has them.
func runTexts(self, args, env []string) int {
	// One file behind both descriptors, and none for the commands.
	unix.CloseOnExec(shellcall.MarkFD)
	unix.CloseOnExec(shellcall.EndFD)
	report := os.NewFile(shellcall.MarkFD, "report")
	fail := func(err error) int {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		return 1
	}
	sh, err := New(self, env, os.Stdin, os.Stdout, os.Stderr)
	if err != nil {
		return fail(err)
	}
	sh.begin = func(number int) { _ = shellcall.Begin(report, number) }
	for ; len(args) > 0 && args[0] != ""; args = args[1:] {
		if err := sh.assign(args[0]); err != nil {
			return fail(err)
		}
	}
	if err := sh.Set("-e"); err != nil {
		return fail(err)
	}
	for args = args[min(len(args), 1):]; len(args) > 1; args = args[2:] {
		number, err := strconv.Atoi(args[0])
		if err != nil {
			return fail(err)
		}
		sh.begin(number)
		status, ended := sh.Eval(args[1], name)
		if ended {
			return status
		}
		if status != 0 && sh.errexit() {
			return sh.End(status)
		}
	}
	vars := expand.FuncEnviron(func(name string) string { return sh.runner.Vars[name].Str })
	after := shellcall.State{Cwd: sh.Dir(), Umask: sh.maskOf(vars), Environ: sh.Environ()}
	after.UmaskSet = shellcall.Holds(vars.Get(shellcall.HeldMask).String(), after.Umask)
	if err := shellcall.End(report, after); err != nil {
		return fail(err)
	}
	return sh.End(0)
}

// assign sets a variable, "NAME=value", that is not exported.
func (sh *Shell) assign(variable string) error {
	name, value, _ := strings.Cut(variable, "=")
	quoted, err := syntax.Quote(value, syntax.LangBash)
	if err != nil {
		return err
	}
	sh.Eval(name+"="+quoted, name)
	return nil
}

// errexit says whether a command that fails ends the shell. The interpreter does not
// tell; a copy of it shows.
func (sh *Shell) errexit() bool {
	file, err := syntax.NewParser().Parse(strings.NewReader("false; exit 0"), name)
	return err == nil && sh.runner.Subshell().Run(context.Background(), file) != nil
}
