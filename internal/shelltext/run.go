//go:build linux

package shelltext

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"

	"ctenv/internal/cgroup"
	"ctenv/internal/child"
	"ctenv/internal/environ"
	"ctenv/internal/hint"
	"ctenv/internal/shellcall"
)

// Run runs texts in a shell, as a child: with the shell in our place, bash
// would ignore the TERM of docker stop, and no one could name the command that
// failed. What the commands say goes to out. self is
// ctenv-init, which reports. Run returns what the shell ended with; an error names the
// command that failed, or is a *child.SignalError.
func (s Shell) Run(self string, texts Commands, env environ.Vars, out *os.File) (*shellcall.State, error) {
	// A memory file: a pipe would not end before the last process that a command
	// leaves behind.
	mem, err := unix.MemfdCreate("ctenv", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("making a memory file: %w", err)
	}
	report := os.NewFile(uintptr(mem), "report")
	defer report.Close()

	file, argv := s.commands(self, texts)
	cmd := exec.Command(file, argv[1:]...)
	cmd.Env = env
	cmd.Stdout, cmd.Stderr = out, out // stdin is /dev/null
	cmd.ExtraFiles = make([]*os.File, shellcall.EndFD-2)
	cmd.ExtraFiles[shellcall.MarkFD-3], cmd.ExtraFiles[shellcall.EndFD-3] = report, report
	// A session of its own: one kill reaches all of it, and no prompt on the
	// terminal can stop it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}

	err = child.Run(cmd)
	if signal, ok := errors.AsType[*child.SignalError](err); ok {
		return nil, signal
	}
	done, after, readErr := shellcall.Read(report)
	if readErr != nil {
		return nil, readErr
	}
	switch {
	case err == nil && after != nil:
		return after, nil
	case err == nil:
		err = hint.With(errors.New("it ended the shell that all of them share, so what they have set is lost"),
			"leave out exit and return: the next command follows anyway; to end a part alone, write it as ( … ) or as an if")
	}
	if err != nil && cgroup.Kills(cgroup.Root) > 0 { // since the container was made, a moment ago
		err = hint.With(err, cgroup.OutOfMemory(cgroup.Size(cgroup.Limit(cgroup.Root))))
	}
	if done == 0 || done > len(texts.commands) {
		return nil, fmt.Errorf("%s: %w", s, err)
	}
	return nil, fmt.Errorf("command %d of %d, %s: %w", done, len(texts.commands), shorten(texts.name(done)), err)
}

// shorten quotes a command for one line of a message.
func shorten(text string) string {
	const most = 120
	if len(text) > most {
		return fmt.Sprintf("%q…", text[:most])
	}
	return fmt.Sprintf("%q", text)
}
