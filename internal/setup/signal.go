//go:build linux

package setup

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"ctenv/internal/wire"
)

// signalAsTerminal sends sig as a terminal does. The engine's init passes a signal on to its
// child alone, which may wait for another of its group, as make and shells do.
func signalAsTerminal(sig unix.Signal) error {
	if err := ownFirst(); err != nil {
		return err
	}
	all, err := processes()
	if err != nil {
		return err
	}
	command, begun := firstChild(all)
	switch {
	case sig == wire.SignalContinue:
		return continueStopped(all, command)
	case !begun || command.group != command.pid: // as the engine does
		return unix.Kill(1, sig)
	}
	return signalGroup(all, command, sig)
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
func firstChild(all []process) (first process, found bool) {
	for _, p := range all {
		if p.parent == 1 && (!found || p.started < first.started || p.started == first.started && p.pid < first.pid) {
			first, found = p, true
		}
	}
	return first, found
}

// signalGroup sends sig to the group that a process leads. To all at once, so that nothing that
// one of them starts to clean up is hit; but where some are root's, which sudo runs, one by one,
// as by sigqueue(3): sudo would pass on a signal that a process outside sends to it, which
// what it runs has got already.
func signalGroup(all []process, leader process, sig unix.Signal) error {
	var group []process
	roots := false
	for _, p := range all {
		if p.group == leader.pid {
			group = append(group, p)
			roots = roots || p.uid == 0
		}
	}
	if !roots {
		return sendAll([]process{leader}, func(process) error { return unix.Kill(-leader.pid, sig) })
	}
	return sendAll(group, func(p process) error { return queue(p.pid, sig) })
}

// continueStopped continues what is stopped in the foreground of the container's terminal, and
// the command. Who runs gets no signal, and stopped jobs of a shell are not in the foreground.
func continueStopped(all []process, command process) error {
	var stopped []process
	for _, p := range all {
		if p.state == "T" && (p.pid == command.pid || command.foreground > 0 && p.group == command.foreground) {
			stopped = append(stopped, p)
		}
	}
	return sendAll(stopped, func(p process) error { return unix.Kill(p.pid, unix.SIGCONT) })
}

// sendAll sends to each. To those that root may not signal, without CAP_KILL, it does so as
// their owner, that of the first, which it stays. It is an error where none was reached.
func sendAll(all []process, send func(process) error) error {
	var errs error
	reached := false
	try := func(p process) error {
		err := send(p)
		reached = reached || err == nil || err == unix.ESRCH // it has ended
		return err
	}
	var kept []process
	for _, p := range all {
		if err := try(p); err == unix.EPERM && p.uid != 0 {
			kept = append(kept, p)
		} else {
			errs = errors.Join(errs, err)
		}
	}
	if len(kept) > 0 {
		errs = errors.Join(errs, syscall.Setuid(kept[0].uid))
	}
	for _, p := range kept {
		errs = errors.Join(errs, try(p))
	}
	if reached {
		return nil
	}
	return errs
}

// queue sends a signal as sigqueue(3) does.
func queue(pid int, sig unix.Signal) error {
	// siginfo_t of 64-bit Linux: number, errno, code; the sender's process and user.
	info := [32]int32{int32(sig), 0, siQueue, 0, int32(os.Getpid()), int32(os.Getuid())}
	_, _, errno := unix.Syscall(unix.SYS_RT_SIGQUEUEINFO, uintptr(pid), uintptr(sig), uintptr(unsafe.Pointer(&info)))
	if errno != 0 {
		return errno
	}
	return nil
}

// siQueue is SI_QUEUE (sigaction(2)).
const siQueue = -1

// process is what the kernel tells of a process in /proc/PID/stat (proc(5)).
type process struct {
	pid, uid      int // in the container
	state         string
	parent, group int
	foreground    int    // the group in the foreground of its terminal, -1 without one
	started       uint64 // in clock ticks since boot
}

// processes reads those of the container, but for the ones that end meanwhile.
func processes() ([]process, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var all []process
	for _, entry := range entries {
		if _, err := strconv.Atoi(entry.Name()); err != nil {
			continue
		}
		if p, err := readProcess(entry.Name()); err == nil {
			all = append(all, p)
		}
	}
	return all, nil
}

func readProcess(pid string) (process, error) {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return process{}, err
	}
	// The second field, the program's name in parentheses, may hold anything.
	text := string(stat)
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) < 20 {
		return process{}, errors.New("/proc/" + pid + "/stat is cut off")
	}
	uid, err := effectiveUID(pid)
	if err != nil {
		return process{}, err
	}
	p := process{state: fields[0], uid: uid}
	var errs [5]error
	p.pid, errs[0] = strconv.Atoi(pid)
	p.parent, errs[1] = strconv.Atoi(fields[1])
	p.group, errs[2] = strconv.Atoi(fields[2])
	p.foreground, errs[3] = strconv.Atoi(fields[5])
	p.started, errs[4] = strconv.ParseUint(fields[19], 10, 64)
	return p, errors.Join(errs[:]...)
}

// effectiveUID reads it of /proc/PID/status: the owner of /proc/PID is root where the process
// is not dumpable.
func effectiveUID(pid string) (int, error) {
	status, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if fields := strings.Fields(line); len(fields) > 2 && fields[0] == "Uid:" {
			return strconv.Atoi(fields[2])
		}
	}
	return 0, errors.New("/proc/" + pid + "/status tells no user")
}
