//go:build linux

package setup

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"ctenv/internal/wire"
)

const (
	// timeoutArg has ctenv-init start a process that ends another one, which descriptor 3
	// refers to (pidfd_open(2)), after as many seconds as follow; timeoutLast is that one.
	timeoutArg  = "end-after"
	timeoutLast = "end-after-now"
)

// timeout has this process, and so the command that it becomes, killed when its time is
// over. Who does that is nobody's child but the container's init's: the command may wait
// for all of its own.
func (in *Init) timeout() (string, error) {
	if in.req.Timeout == 0 {
		return "", nil
	}
	fd, err := unix.PidfdOpen(os.Getpid(), 0)
	if err != nil {
		return "", fmt.Errorf("pidfd_open: %w", err)
	}
	this := os.NewFile(uintptr(fd), "pidfd")
	defer this.Close()
	if err := startEnder(in.again, timeoutArg, in.req.Timeout, this).Run(); err != nil {
		return "", err
	}
	return fmt.Sprintf("killed after %d s", in.req.Timeout), nil
}

func startEnder(program, arg string, seconds int, of *os.File) *exec.Cmd {
	return &exec.Cmd{
		Path: program, Args: []string{"ctenv-init", arg, strconv.Itoa(seconds)}, Env: []string{}, Dir: "/",
		ExtraFiles: []*os.File{of}, SysProcAttr: &syscall.SysProcAttr{Setsid: true},
	}
}

// endAfter is the rest of timeout, in processes of its own.
func endAfter(arg, text string) error {
	seconds, err := strconv.Atoi(text)
	if err != nil {
		return err
	}
	of := os.NewFile(3, "pidfd")
	if arg == timeoutArg {
		return startEnder(childPath(ownPath(wire.InitPath)), timeoutLast, seconds, of).Start()
	}
	for deadline := time.Now().Add(time.Duration(seconds) * time.Second); ; {
		left := time.Until(deadline)
		if left <= 0 {
			return unix.PidfdSendSignal(3, unix.SIGKILL, nil, 0)
		}
		// It can be read from when the process has ended. No wait is longer than an hour,
		// since the kernel counts them in 32 bits of milliseconds.
		fds := []unix.PollFd{{Fd: 3, Events: unix.POLLIN}}
		n, err := unix.Poll(fds, int(min(left, time.Hour)/time.Millisecond)+1)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return err
		case n > 0:
			return nil
		}
	}
}
