//go:build linux

package setup

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"

	"ctenv/internal/procsignal"
	"ctenv/internal/wire"
)

// signalAsTerminal sends sig as a terminal does, in the container of that user. The engine's
// init passes a signal on to its child alone, which may wait for another of its group, as make
// and shells do.
func signalAsTerminal(user int, sig unix.Signal) error {
	if err := ownFirst(); err != nil {
		return err
	}
	all, err := procsignal.All()
	if err != nil {
		return err
	}
	command, begun := firstChild(all)
	switch {
	case sig == wire.SignalContinue:
		return continueStopped(all, command)
	case !begun || command.Group != command.PID: // as the engine does
		return unix.Kill(1, sig)
	}
	return procsignal.Group(command.PID, user, sig)
}

// ownFirst is an error where the first process is the host's, or another container's.
func ownFirst() error {
	first, err := os.Readlink("/proc/1/ns/mnt")
	if err != nil {
		return err
	}
	own, err := os.Readlink("/proc/self/ns/mnt")
	if err == nil && own != first {
		return errors.New("the first process is not this container's")
	}
	return err
}

// firstChild is the command: the engine's init has started nothing else, and adopts later
// what loses its parent.
func firstChild(all []procsignal.Info) (first procsignal.Info, found bool) {
	for _, p := range all {
		if p.Parent == 1 && (!found || p.Started < first.Started || p.Started == first.Started && p.PID < first.PID) {
			first, found = p, true
		}
	}
	return first, found
}

// continueStopped continues what is stopped in the foreground of the container's terminal, and
// the command. Who runs gets no signal, and stopped jobs of a shell are not in the foreground.
func continueStopped(all []procsignal.Info, command procsignal.Info) error {
	var stopped []procsignal.Info
	for _, p := range all {
		if p.State == "T" && (p.PID == command.PID || command.Foreground > 0 && p.Group == command.Foreground) {
			stopped = append(stopped, p)
		}
	}
	return procsignal.Processes(stopped, unix.SIGCONT)
}
