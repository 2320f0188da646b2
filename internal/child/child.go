//go:build linux

// Package child runs a program that ends as a container's commands do when the container
// stops.
package child

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// LastSignals end what runs in a container that stops, one after the other, and each
// gives it time: shells ignore TERM, and engines kill everything after ten seconds.
var LastSignals = []struct {
	Signal unix.Signal
	Grace  time.Duration
}{
	{unix.SIGTERM, 2 * time.Second},
	{unix.SIGHUP, 2 * time.Second},
	{unix.SIGKILL, time.Second},
}

// SignalError says that a signal to this process ended what it did.
type SignalError struct{ Signal syscall.Signal }

func (e *SignalError) Error() string { return "stopped by signal: " + e.Signal.String() }

// Carries is the code of the shell's convention.
func (e *SignalError) Carries() (way string, code int) { return "", 128 + int(e.Signal) }

// Run runs a command that a signal to this process ends, with everything in its session's
// first process group, as a container that stops ends its commands: it has to have
// SysProcAttr.Setsid. Its error is Cmd.Run's, or a *SignalError.
func Run(cmd *exec.Cmd) error {
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
		for _, last := range LastSignals {
			_ = unix.Kill(-cmd.Process.Pid, last.Signal)
			select {
			case <-ended:
				// What it has left in its group.
				_ = unix.Kill(-cmd.Process.Pid, unix.SIGKILL)
				return &SignalError{s.(syscall.Signal)}
			case <-time.After(last.Grace):
			}
		}
		return &SignalError{s.(syscall.Signal)}
	}
}
