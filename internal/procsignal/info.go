//go:build linux

package procsignal

import (
	"errors"
	"os"
	"strconv"
	"strings"
)

// Info is what the kernel tells of a process in /proc/PID/stat (proc(5)).
type Info struct {
	PID, UID      int // in the container; the user is the effective one
	State         string
	Parent, Group int
	Foreground    int    // the group in the foreground of its terminal, -1 without one
	Started       uint64 // in clock ticks since boot
}

// All reads those of the container, but for the ones that end meanwhile.
func All() ([]Info, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var all []Info
	for _, entry := range entries {
		if _, err := strconv.Atoi(entry.Name()); err != nil {
			continue
		}
		if p, err := read(entry.Name()); err == nil {
			all = append(all, p)
		}
	}
	return all, nil
}

func read(pid string) (Info, error) {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return Info{}, err
	}
	// The second field, the program's name in parentheses, may hold anything.
	text := string(stat)
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) < 20 {
		return Info{}, errors.New("/proc/" + pid + "/stat is cut off")
	}
	uid, err := effectiveUID(pid)
	if err != nil {
		return Info{}, err
	}
	p := Info{State: fields[0], UID: uid}
	var errs [5]error
	p.PID, errs[0] = strconv.Atoi(pid)
	p.Parent, errs[1] = strconv.Atoi(fields[1])
	p.Group, errs[2] = strconv.Atoi(fields[2])
	p.Foreground, errs[3] = strconv.Atoi(fields[5])
	p.Started, errs[4] = strconv.ParseUint(fields[19], 10, 64)
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

// group reads those of the group that a process leads.
func group(leader int) (members []Info, err error) {
	all, err := All()
	for _, p := range all {
		if p.Group == leader {
			members = append(members, p)
		}
	}
	return members, err
}
