//go:build linux

package setup

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"ctenv/internal/shellcall"
	"ctenv/internal/wire"
)

// What a command may take to end when its container is stopped: it gets TERM, then
// HUP, for shells ignore TERM. Engines kill everything after ten seconds.
const (
	termGrace = 2 * time.Second
	hupGrace  = 2 * time.Second
	// settle is for the engine to learn how they ended: with the container it forgets
	// what ran in it.
	settle = 300 * time.Millisecond
)

// userSetup runs the set-up commands as the user, in a child that drops root's
// privileges for good: this process keeps them, to write what the commands end
// with where only root reads it.
func (in *Init) userSetup() (string, error) {
	if len(in.req.Setup) == 0 {
		return "", nil
	}
	req := in.req
	req.Command = wire.Command{Kind: wire.CommandSetup}
	req.Mark, req.Env, req.PostStart, req.Chown, req.Mounts, req.Sudo = "", nil, nil, nil, nil, false
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

	cmd := exec.Command(in.self)
	cmd.Env = append(request, in.env...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	cmd.ExtraFiles = []*os.File{report} // wire.ReportFD
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = runKillable(cmd)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.Exited() {
		return "", &ReportedError{exit.ExitCode()}
	}
	if err != nil {
		return "", err
	}
	_, _, env, err := shellcall.Read(report)
	if err == nil && env == nil {
		err = errors.New("what the commands set is lost")
	}
	if err != nil {
		return "", err
	}
	in.env = env
	return fmt.Sprintf("ran %d as uid %d", len(req.Setup), req.User.UID), nil
}

// reportSetup is the end of that child.
func (in *Init) reportSetup() error {
	return shellcall.End(os.NewFile(wire.ReportFD, "report"), "", in.env)
}

// publish lets commands in.
func (in *Init) publish() (string, error) {
	dir, err := openStay(in.root)
	if err != nil {
		return "", err
	}
	defer dir.close()
	return "", dir.publish(ready{User: in.req.User, Shell: in.req.Shell, Chown: in.req.Chown, Env: wire.Texts(in.env)})
}

// pause keeps the container until a signal ends it, and then gives the commands in
// it time to end.
func (in *Init) pause() error {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, unix.SIGTERM, unix.SIGINT, unix.SIGHUP, unix.SIGQUIT)
	if _, err := io.WriteString(in.msg.Out, wire.ReadyMark(in.req.Mark)); err != nil {
		return err
	}
	sig := (<-signals).(syscall.Signal)
	in.endSessions()
	return &SignalError{sig}
}

// endSessions has the commands that run end, where they do.
func (in *Init) endSessions() {
	dir, err := openStay(in.root)
	if err != nil {
		return
	}
	defer dir.close()
	running, err := dir.sessions()
	if err != nil || len(running) == 0 {
		return
	}
	for _, last := range []struct {
		sig   unix.Signal
		grace time.Duration
	}{{unix.SIGTERM, termGrace}, {unix.SIGHUP, hupGrace}} {
		for _, p := range running {
			p.signal(last.sig)
		}
		if haveEnded(running, last.grace) {
			break
		}
	}
	time.Sleep(settle)
}

// haveEnded says whether all processes have ended within the time given.
func haveEnded(all []process, grace time.Duration) bool {
	for deadline := time.Now().Add(grace); ; time.Sleep(readyPoll) {
		ended := !slices.ContainsFunc(all, process.alive)
		if ended || time.Now().After(deadline) {
			return ended
		}
	}
}
