//go:build linux

package setup

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// process is a process of the container, told from a later one of the same id by
// the time of its start.
type process struct {
	pid   int
	start string // in ticks since the boot, as proc_pid_stat(5) has it
}

// maxSession caps a session's file, in bytes.
const maxSession = 64

// findProcess looks at a process that is there.
func findProcess(pid int) (process, error) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return process{}, err
	}
	// The second field is the program's name, in parentheses, and may hold any.
	_, rest, ok := cutLast(string(stat), ")")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 20 {
		return process{}, errors.New("the kernel does not say when the process started")
	}
	if fields[0] == "Z" || fields[0] == "X" {
		return process{}, unix.ESRCH // ended, and not reaped yet
	}
	return process{pid, fields[19]}, nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// alive says whether the process still runs.
func (p process) alive() bool {
	now, err := findProcess(p.pid)
	return err == nil && now == p
}

// signal sends a signal to the process alone.
func (p process) signal(sig unix.Signal) {
	if p.alive() {
		_ = unix.Kill(p.pid, sig)
	}
}

// signalGroup sends a signal to the process and to what it started in its group,
// where it leads one.
func (p process) signalGroup(sig unix.Signal) {
	if !p.alive() {
		return
	}
	if pgid, err := unix.Getpgid(p.pid); err == nil && pgid == p.pid && pgid > 1 {
		_ = unix.Kill(-pgid, sig)
		return
	}
	_ = unix.Kill(p.pid, sig)
}

// begin notes that this process, which is to become a command, is that session.
func (d stayDir) begin(session string) error {
	p, err := findProcess(os.Getpid())
	if err == nil {
		err = d.create(sessionPrefix+session, fmt.Appendf(nil, "%d %s\n", p.pid, p.start))
	}
	if err != nil {
		return fmt.Errorf("noting the command: %w", err)
	}
	return nil
}

// session finds the process of a session.
func (d stayDir) session(session string) (process, error) {
	data, err := d.read(sessionPrefix+session, maxSession)
	if err != nil {
		return process{}, err
	}
	pid, start, ok := strings.Cut(strings.TrimSuffix(string(data), "\n"), " ")
	n, err := strconv.Atoi(pid)
	if err != nil || !ok || n < 2 {
		return process{}, errors.New("it is no session's file")
	}
	return process{n, start}, nil
}

// sessions finds the commands that run, and forgets those that ran: nobody is
// there at the end of a command to do it.
func (d stayDir) sessions() ([]process, error) {
	// Opened anew, since reading a folder moves the descriptor's place in it.
	fd, err := unix.Openat(d.fd, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	var names []string
	buf := make([]byte, 4096)
	for {
		n, err := unix.Getdents(fd, buf)
		if err != nil {
			return nil, err
		}
		if n <= 0 {
			break
		}
		_, _, names = unix.ParseDirent(buf[:n], -1, names)
	}
	var running []process
	for _, name := range names {
		session, ok := strings.CutPrefix(name, sessionPrefix)
		if !ok {
			continue
		}
		p, err := d.session(session)
		switch {
		case err != nil: // being written, or gone meanwhile
		case p.alive():
			running = append(running, p)
		default:
			_ = unix.Unlinkat(d.fd, name, 0)
		}
	}
	return running, nil
}
