//go:build linux

package procsignal

import (
	"errors"
	"os"
	"runtime"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Process sends a signal to one process.
func Process(pid int, sig unix.Signal) error {
	return send(pid, func() error { return unix.Kill(pid, sig) })
}

// Group sends a signal to the group that a process leads. To all at once, so that nothing that
// one of them starts to clean up is hit. But where some are root's and the container's user is
// not, it is sudo that runs: it would pass on a signal that kill(2) sends from outside of its
// group, which what it runs has got already. So they get it one by one, as by sigqueue(3).
func Group(leader, user int, sig unix.Signal) error {
	// Nobody can tell sudo by its user where that is root, and KILL is passed on by nobody.
	if user == 0 || sig == unix.SIGKILL {
		return sendGroup(leader, sig)
	}
	members, err := group(leader)
	roots := false
	for _, p := range members {
		roots = roots || p.UID == 0
	}
	if err != nil || !roots {
		return sendGroup(leader, sig)
	}
	return each(members, func(p Info) error { return queue(p.PID, sig) })
}

func sendGroup(leader int, sig unix.Signal) error {
	return send(leader, func() error { return unix.Kill(-leader, sig) })
}

// Processes sends a signal to each of some. It is an error where none was reached.
func Processes(all []Info, sig unix.Signal) error {
	return each(all, func(p Info) error { return unix.Kill(p.PID, sig) })
}

func each(all []Info, do func(Info) error) error {
	var errs error
	reached := len(all) == 0
	for _, p := range all {
		err := send(p.PID, func() error { return do(p) })
		reached = reached || err == nil
		errs = errors.Join(errs, err)
	}
	if reached {
		return nil
	}
	return errs
}

// send has a signal sent to a process, or to the group that it leads. Where root may not,
// without CAP_KILL, its owner does it. One that has ended needs none.
func send(pid int, do func() error) error {
	err := do()
	if err == unix.EPERM {
		if p, readErr := read(strconv.Itoa(pid)); readErr == nil && p.UID != 0 {
			err = as(p.UID, do)
		}
	}
	if err == unix.ESRCH {
		return nil
	}
	return err
}

// as does something in a thread whose effective user is another, which is what the right to
// send a signal is judged by. The real one stays root's, so the other has no right over this process.
func as(uid int, do func() error) error {
	runtime.LockOSThread()
	if err := effective(uid); err != nil {
		runtime.UnlockOSThread()
		return err
	}
	err := do()
	if err := effective(0); err != nil {
		return err // locked, so that nothing else runs in this thread
	}
	runtime.UnlockOSThread()
	return err
}

// effective sets this thread's effective user: x/sys would set that of all threads.
func effective(uid int) error {
	const same = ^uintptr(0)
	if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, same, uintptr(uid), same); errno != 0 {
		return errno
	}
	return nil
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
