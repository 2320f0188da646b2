//go:build linux

// Package shell is a shell for images that have none: mvdan.cc/sh's interpreter
// of bash's language, with the utilities of package coreutils for names that PATH
// lacks.
//
// It runs in a process of its own, as any shell does, so signals and the end of
// that process mean what they always mean. It does not know job control, traps of
// signals, ulimit, and redirections of descriptors above 2.
package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"

	"ctenv/internal/coreutils"
	"ctenv/internal/shellcall"
)

// name is what messages start with.
const name = "sh"

// syntaxStatus is the exit status of text that cannot be parsed (POSIX.1, 2.8.1).
const syntaxStatus = 2

// Shell is one shell. It is not safe for concurrent use.
type Shell struct {
	runner *interp.Runner
	stderr io.Writer
	self   []string // runs this shell as another process, given its arguments

	// replace is the simple command that this process becomes instead of waiting
	// for it.
	replace *syntax.CallExpr
	exits   bool // there is an EXIT trap

	begin func(number int) // told by markCommand, or nil
	began int              // the umask
}

// New makes a shell in the current directory. self, with arguments such as
// "-c", TEXT added, runs another shell.
func New(self, env []string, stdin, stdout, stderr *os.File) (*Shell, error) {
	sh := &Shell{stderr: stderr, self: self, began: int(coreutils.Umask())}
	var err error
	sh.runner, err = interp.New(
		interp.Env(expand.ListEnviron(env...)),
		interp.StdIO(stdin, stdout, stderr),
		interp.CallHandler(sh.call),
		interp.OpenHandler(sh.open),
		interp.ExecHandlers(func(interp.ExecHandlerFunc) interp.ExecHandlerFunc { return sh.exec }),
	)
	return sh, err
}

// Set changes options and positional parameters as the command set does.
func (sh *Shell) Set(args ...string) error { return interp.Params(args...)(sh.runner) }

// Eval runs text, whose messages call it by the name given, and returns its exit
// status. ended says that it has ended the shell.
func (sh *Shell) Eval(text, name string) (status int, ended bool) {
	return sh.eval(text, name, false)
}

// eval is Eval; last says that nothing follows the text, so that this process may
// become its last command.
func (sh *Shell) eval(text, name string, last bool) (status int, ended bool) {
	file, err := syntax.NewParser().Parse(strings.NewReader(text), name)
	if err != nil {
		fmt.Fprintln(sh.stderr, err)
		return syntaxStatus, true
	}
	for i, stmt := range file.Stmts {
		sh.replace = sh.replaceable(stmt, last && i == len(file.Stmts)-1 && !inBackground(file))
		status = sh.status(sh.runner.Run(context.Background(), stmt))
		if sh.runner.Exited() {
			return status, true
		}
	}
	return status, false
}

// status is the exit status that a run's error stands for.
func (sh *Shell) status(err error) int {
	if err == nil {
		return 0
	}
	if code, ok := errors.AsType[interp.ExitStatus](err); ok {
		return int(code)
	}
	fmt.Fprintf(sh.stderr, "%s: %v\n", name, err)
	return 1
}

// End runs the EXIT trap, unless Eval has said that the shell ended, and returns
// the status that it ends with.
func (sh *Shell) End(status int) int {
	if !sh.exits {
		return status
	}
	// A file implies an exit, which keeps the last status.
	file, err := syntax.NewParser().Parse(strings.NewReader("exit"), name)
	if err != nil {
		return status
	}
	return sh.status(sh.runner.Run(context.Background(), file.Stmts[0]))
}

// Environ returns the exported variables, in the order of their names.
func (sh *Shell) Environ() []string {
	var env []string
	for name, v := range sh.runner.Vars {
		if exported(name, v) {
			env = append(env, name+"="+v.Str)
		}
	}
	slices.Sort(env)
	return env
}

// exported says that commands get a variable. The interpreter forgets it of PWD.
func exported(name string, v expand.Variable) bool {
	return (v.Exported || name == "PWD") && !shellcall.OwnVariable(name) && v.IsSet() && v.Kind == expand.String
}

// Dir returns the current directory, as the shell came there.
func (sh *Shell) Dir() string { return sh.runner.Dir }
