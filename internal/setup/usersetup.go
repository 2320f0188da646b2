//go:build linux

package setup

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"ctenv/internal/child"
	"ctenv/internal/environ"
	"ctenv/internal/hint"
	"ctenv/internal/shellcall"
	"ctenv/internal/wire"
)

// userSetup runs the set-up commands as the user, in a child that drops root's
// privileges for good: this process keeps them, to write what the commands end
// with where only root reads it.
func (in *Init) userSetup() (string, error) {
	if len(in.req.Setup) == 0 {
		return "", nil
	}
	req := in.req.SettingUp()
	req.Umask, req.Limits = wire.UmaskText(in.umask), in.textLimits
	request, err := wire.Encode(req)
	if err != nil {
		return "", err
	}
	mem, err := unix.MemfdCreate("ctenv", unix.MFD_CLOEXEC)
	if err != nil {
		return "", fmt.Errorf("making a memory file: %w", err)
	}
	report := os.NewFile(uintptr(mem), "report")
	defer report.Close()

	cmd := exec.Command(in.again)
	cmd.Env = requestLast(in.env, request)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	cmd.ExtraFiles = []*os.File{report} // wire.ReportFD
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = child.Run(cmd)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.Exited() {
		if stop := exit.ExitCode() - 128; stop > 0 { // sent to the child alone, which leaves it to us
			return "", &child.SignalError{Signal: syscall.Signal(stop)}
		}
		return "", hint.Status(exit.ExitCode())
	}
	if err != nil {
		return "", err
	}
	_, after, err := shellcall.Read(report)
	if err == nil && after == nil {
		err = errors.New("what the commands set is lost")
	}
	if err != nil {
		return "", err
	}
	in.env = after.Environ
	in.keepUmask(in.umask, after)
	in.keepLimits(after.Limits)
	return fmt.Sprintf("ran %d as uid %d", len(req.Setup), req.User.UID), nil
}

// requestLast is the environment of this program as a child. What the user's commands set may
// have the request's names, and of two that are equal the last one counts (os/exec.Cmd).
func requestLast(env environ.Vars, request []string) []string {
	return slices.Concat([]string(env), request)
}

// reportSetup is the end of that child.
func (in *Init) reportSetup() error {
	return shellcall.End(os.NewFile(wire.ReportFD, "report"), shellcall.State{Umask: in.umask, UmaskSet: in.textUmask, Limits: shellLimits(in.textLimits), Environ: in.env})
}
