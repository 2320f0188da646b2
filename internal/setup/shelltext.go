//go:build linux

package setup

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"ctenv/internal/shellcall"
	"ctenv/internal/wire"
)

// postStart runs the post-start commands as root, before sudo and the drop.
func (in *Init) postStart() (string, error) { return in.runTexts(in.req.PostStart) }

// setupCommands runs the set-up commands as the user, after the drop.
func (in *Init) setupCommands() (string, error) { return in.runTexts(in.req.Setup) }

// runTexts runs commands in one shell and takes over the environment and the
// folder that it ends with.
func (in *Init) runTexts(texts []wire.Text) (string, error) {
	if len(texts) == 0 {
		return "", nil
	}
	shell, err := in.textShell()
	if err != nil {
		return "", err
	}
	cwd, env, err := runShell(shell, in.self, texts, in.env)
	if err != nil {
		return "", err
	}
	in.env = in.env.Merge(env)
	if cwd != "" {
		if err := os.Chdir(cwd); err != nil {
			return "", err
		}
		// The shell's own PWD keeps the symlinks that cd went through.
		if !samePlace(in.env.Get("PWD"), cwd) {
			in.env = in.env.With("PWD", cwd)
		}
	}
	return fmt.Sprintf("ran %d in %s", len(texts), shell), nil
}

func samePlace(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// runShell runs texts in a shell, as a child: with the shell in our place, bash
// would ignore the TERM of docker stop, and no one could name the command that
// failed. It returns the environment and the folder that the shell ended with.
func runShell(shell textShell, self string, texts []wire.Text, env Environ) (cwd string, after Environ, err error) {
	// A memory file: a pipe would not end before the last process that a command
	// leaves behind.
	mem, err := unix.MemfdCreate("ctenv", unix.MFD_CLOEXEC)
	if err != nil {
		return "", nil, fmt.Errorf("making a memory file: %w", err)
	}
	report := os.NewFile(uintptr(mem), "report")
	defer report.Close()

	file, argv := shell.commands(self, texts)
	cmd := exec.Command(file, argv[1:]...)
	cmd.Env = env
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr // stdin is /dev/null
	cmd.ExtraFiles = make([]*os.File, shellcall.EndFD-2)
	cmd.ExtraFiles[shellcall.MarkFD-3], cmd.ExtraFiles[shellcall.EndFD-3] = report, report
	// A session of its own: one kill reaches all of it, and no prompt on the
	// terminal can stop it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}

	err = runKillable(cmd)
	if signal, ok := errors.AsType[*SignalError](err); ok {
		return "", nil, signal
	}
	done, cwd, after, readErr := shellcall.Read(report)
	if readErr != nil {
		return "", nil, readErr
	}
	switch {
	case err == nil && after != nil:
		return cwd, after, nil
	case err == nil:
		err = errors.New("it ended the shell, so what it set is lost")
	}
	if done == 0 || done > len(texts) {
		return "", nil, fmt.Errorf("%s: %w", shell, err)
	}
	return "", nil, fmt.Errorf("command %d of %d, %s: %w", done, len(texts), shorten(string(texts[done-1])), err)
}

// script runs $2, $3, … and then reports with $1. The commands are no part of its
// text, so that each stays whole and a syntax error is that command's; they are
// saved first, since a command may use set or shift.
func script(n int) string {
	var b strings.Builder
	b.WriteString("set -e\n__ctenv_init=$1\n")
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, "__ctenv_%d=${%d}\n", i, i+1)
	}
	b.WriteString("set --\n")
	// dash has no source; ash has, and refuses to parse a function of that name.
	b.WriteString("command -v source >/dev/null 2>&1 || eval 'source() { . \"$@\"; }'\n")
	for i := 1; i <= n; i++ {
		// errexit again, in case a command has turned it off, and without || after
		// eval, which would turn it off within.
		fmt.Fprintf(&b, "{ command echo %d >&%d; } 2>/dev/null || :\n", i, shellcall.MarkFD)
		fmt.Fprintf(&b, "eval \"$__ctenv_%d\"\n", i)
		b.WriteString("case $? in 0) ;; *) exit $? ;; esac\nset -e\n")
	}
	fmt.Fprintf(&b, "\"$__ctenv_init\" %s %d\n", dumpArg, shellcall.EndFD)
	return b.String()
}

// shorten quotes a command for one line of a message.
func shorten(text string) string {
	const most = 120
	if len(text) > most {
		return fmt.Sprintf("%q…", text[:most])
	}
	return fmt.Sprintf("%q", text)
}

// runKillable runs a command that a signal to us ends at once, with everything
// in its session's first process group.
func runKillable(cmd *exec.Cmd) error {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, unix.SIGTERM, unix.SIGINT, unix.SIGHUP)
	defer signal.Stop(signals)
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		return err
	case s := <-signals:
		unix.Kill(-cmd.Process.Pid, unix.SIGKILL)
		return &SignalError{s.(syscall.Signal)}
	}
}
