//go:build linux

package shell

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
	more "mvdan.cc/sh/moreinterp/coreutils"
	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"

	"ctenv/internal/coreutils"
)

// call sees every command before it runs, and redirects those that the
// interpreter has no answer for.
func (sh *Shell) call(ctx context.Context, args []string) ([]string, error) {
	sh.takeMask(ctx)
	switch {
	case args[0] == "trap":
		sh.exits = true
	case builtins[args[0]] != nil:
		return append([]string{mark + args[0]}, args[1:]...), nil
	case len(args) == 3 && args[0] == "command" && args[1] == "-v" && !interp.IsBuiltin(args[2]):
		hc := interp.HandlerCtx(ctx)
		_, err := interp.LookPathDir(hc.Dir, hc.Env, args[2])
		if err != nil && sh.runner.Funcs[args[2]] == nil && (coreutils.Has(args[2]) || args[2] == name) {
			return []string{"echo", args[2]}, nil
		}
	}
	return args, nil
}

// exec runs a command that is no function and not built into the interpreter: a
// program of PATH, else one of the utilities.
func (sh *Shell) exec(ctx context.Context, args []string) error {
	hc := interp.HandlerCtx(ctx)
	if own, ok := strings.CutPrefix(args[0], mark); ok {
		return exitStatus(builtins[own](sh, hc, args[1:]))
	}
	path, err := interp.LookPathDir(hc.Dir, hc.Env, args[0])
	switch {
	case err == nil:
		return exitStatus(sh.program(hc, path, args, environ(hc.Env)))
	case strings.Contains(args[0], "/"):
		return exitStatus(notStarted(hc, args[0], err))
	case args[0] == name:
		return exitStatus(sh.program(hc, sh.self[0], append(sh.self[:len(sh.self):len(sh.self)], args[1:]...), environ(hc.Env)))
	case coreutils.Has(args[0]):
		return exitStatus(sh.utility(ctx, hc, args, environ(hc.Env)))
	}
	return more.ExecHandler(func(context.Context, []string) error {
		fmt.Fprintf(hc.Stderr, "%s: %s: command not found\n", name, args[0])
		return interp.ExitStatus(127)
	})(ctx, args)
}

func exitStatus(code int) error {
	if code == 0 {
		return nil
	}
	return interp.ExitStatus(code)
}

// utility runs one of package coreutils.
func (sh *Shell) utility(ctx context.Context, hc interp.HandlerContext, args, env []string) int {
	return coreutils.Run(&coreutils.Call{
		Name: args[0], Args: args[1:], Dir: hc.Dir, Env: env,
		Stdin: hc.Stdin, Stdout: hc.Stdout, Stderr: hc.Stderr,
		Exec: func(args, env []string) int {
			hc := hc
			hc.Env = expand.ListEnviron(env...)
			path, err := interp.LookPathDir(hc.Dir, hc.Env, args[0])
			switch {
			case err == nil:
				return sh.program(hc, path, args, env)
			case coreutils.Has(args[0]):
				return sh.utility(ctx, hc, args, env)
			case interp.IsBuiltin(args[0]): // a program of the image, elsewhere
				call := append(sh.self[:len(sh.self):len(sh.self)], "-c", `"$@"`, name)
				return sh.program(hc, sh.self[0], append(call, args...), env)
			}
			return sh.status(sh.exec(ctx, args))
		},
	})
}

// program runs a file, or becomes it.
func (sh *Shell) program(hc interp.HandlerContext, path string, args, env []string) int {
	start := wait
	if sh.replace != nil && sh.replace.Pos() == hc.Pos {
		start = become
	}
	err := start(hc, path, args, env)
	if errors.Is(err, unix.ENOEXEC) || isShellScript(path, err) {
		// A script without an interpreter, or for a shell that the image lacks.
		err = start(hc, sh.self[0], append(append(sh.self[:len(sh.self):len(sh.self)], path), args[1:]...), env)
	}
	exit, ended := errors.AsType[*exec.ExitError](err)
	switch {
	case err == nil:
		return 0
	case !ended:
		return notStarted(hc, args[0], err)
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return exit.ExitCode()
}

// wait runs a program to its end.
func wait(hc interp.HandlerContext, path string, args, env []string) error {
	if env == nil {
		env = []string{} // else exec.Cmd gives it this process's own
	}
	cmd := &exec.Cmd{Path: path, Args: args, Env: env, Dir: hc.Dir, Stdin: hc.Stdin, Stdout: hc.Stdout, Stderr: hc.Stderr}
	return cmd.Run()
}

// isShellScript says that an exec failed because the script's "#!/bin/sh" is not
// there.
func isShellScript(path string, err error) bool {
	if !errors.Is(err, unix.ENOENT) {
		return false
	}
	f, openErr := os.Open(path)
	if openErr != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 128)
	n, _ := f.Read(head)
	line, _, _ := strings.Cut(string(head[:n]), "\n")
	words := strings.Fields(strings.TrimPrefix(line, "#!"))
	return strings.HasPrefix(line, "#!") && len(words) == 1 && (words[0] == "/bin/sh" || words[0] == "/bin/bash")
}

// notStarted says why a command could not be run: 127 is a file that is not
// there, 126 any other reason (POSIX.1, 2.8.2).
func notStarted(hc interp.HandlerContext, command string, err error) int {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		err = path.Err
	}
	if errors.Is(err, unix.ENOENT) {
		if info, statErr := os.Stat(filepath.Join(hc.Dir, command)); statErr == nil && !info.IsDir() || !strings.Contains(command, "/") {
			err = errors.New("the interpreter or loader that it names is not in the image")
		}
		fmt.Fprintf(hc.Stderr, "%s: %s: %v\n", name, command, err)
		return 127
	}
	fmt.Fprintf(hc.Stderr, "%s: %s: %v\n", name, command, err)
	return 126
}

// environ is what a command gets.
func environ(env expand.Environ) []string {
	vars := map[string]string{}
	var order []string
	for name, v := range env.Each {
		if _, seen := vars[name]; !seen {
			order = append(order, name)
		}
		delete(vars, name) // a later one without a value is unset
		if exported(name, v) {
			vars[name] = v.Str
		}
	}
	var list []string
	for _, name := range order {
		if value, ok := vars[name]; ok {
			list = append(list, name+"="+value)
			delete(vars, name)
		}
	}
	return list
}
