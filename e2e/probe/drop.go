package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// drop tries to get back what the process gave up, and is an error when anything
// of that works. Each attempt that the kernel refuses is a line.
func drop(w io.Writer) error {
	for _, attempt := range []struct {
		name string
		try  func() error
	}{
		{"setuid", func() error { return syscall.Setuid(0) }},
		{"setresuid", func() error { return syscall.Setresuid(-1, 0, -1) }},
		{"setgid", func() error { return syscall.Setgid(0) }},
		{"setgroups", func() error { return syscall.Setgroups([]int{0}) }},
		{"setfsuid", setfsuid},
		{"capset", capset},
		{"ambient", ambient},
		{"chroot", func() error { return syscall.Chroot("/") }},
		{"chown", func() error { return os.Chown("/", os.Getuid(), os.Getgid()) }},
		{"read /etc/shadow", func() error { return openAndClose("/etc/shadow", os.O_RDONLY) }},
		{"write /etc/passwd", func() error { return openAndClose("/etc/passwd", os.O_WRONLY) }},
		{"root of pid 1", func() error { _, err := os.ReadDir("/proc/1/root/"); return err }},
		{"memory of pid 1", func() error { return openAndClose("/proc/1/mem", os.O_RDWR) }},
		{"signal to pid 1", func() error { return syscall.Kill(1, 0) }},
	} {
		err := attempt.try()
		if err == nil {
			return fmt.Errorf("%s is possible", attempt.name)
		}
		fmt.Fprintf(w, "%s: refused: %v\n", attempt.name, err)
	}
	if err := descriptors(w); err != nil {
		return err
	}
	return threads(w)
}

// setfsuid reports no error (setfsuid(2)); asking again shows the truth.
func setfsuid() error {
	now, err := unix.SetfsuidRetUid(0)
	if err == nil {
		now, err = unix.SetfsuidRetUid(-1)
	}
	if err == nil && now != 0 {
		err = syscall.EPERM
	}
	return err
}

func capset() error {
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	all := [2]unix.CapUserData{{Effective: 1 << unix.CAP_CHOWN, Permitted: 1 << unix.CAP_CHOWN}}
	return unix.Capset(&head, &all[0])
}

func ambient() error {
	return unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_RAISE, unix.CAP_CHOWN, 0, 0)
}

func openAndClose(path string, flags int) error {
	f, err := os.OpenFile(path, flags, 0)
	if err == nil {
		f.Close()
	}
	return err
}

// descriptors shows the standard streams, and is an error when anything else came
// along: what this process has opened itself would be closed by the next exec.
func descriptors(w io.Writer) error {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return err
	}
	for _, e := range entries {
		fd, err := strconv.Atoi(e.Name())
		if err != nil {
			return err
		}
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if err == unix.EBADF {
			continue // the directory that was just read
		}
		if err != nil {
			return err
		}
		target, err := os.Readlink("/proc/self/fd/" + e.Name())
		if err != nil {
			return err
		}
		switch {
		case fd <= 2:
			fmt.Fprintf(w, "descriptor %d: %s\n", fd, target)
		case flags&unix.FD_CLOEXEC == 0:
			return fmt.Errorf("descriptor %d is open: %s", fd, target)
		}
	}
	return nil
}

// threads checks that no thread of this process has an id of root or a
// capability.
func threads(w io.Writer) error {
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	for _, task := range tasks {
		status, err := os.ReadFile("/proc/self/task/" + task.Name() + "/status")
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
			continue // the thread has ended
		}
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(status)) {
			key, value, _ := strings.Cut(strings.TrimSpace(line), ":\t")
			switch key {
			case "Uid", "Gid":
				if slices.Contains(strings.Fields(value), "0") {
					return fmt.Errorf("thread %s: %s", task.Name(), line)
				}
			case "CapInh", "CapPrm", "CapEff", "CapAmb":
				if strings.Trim(value, "0") != "" {
					return fmt.Errorf("thread %s: %s", task.Name(), line)
				}
			}
		}
	}
	fmt.Fprintln(w, "threads: none has an id of root or a capability")
	return nil
}
