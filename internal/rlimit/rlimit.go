//go:build linux

// Package rlimit reads and sets resource limits by the names that docker has for them.
package rlimit

import (
	"fmt"
	"math"
	"syscall"

	"golang.org/x/sys/unix"

	"ctenv/internal/hint"
	"ctenv/internal/shellcall"
)

// Limit is a resource limit. -1 is unlimited, in the unit of getrlimit(2).
type Limit = shellcall.Limit

// resources are the limits that docker has names for (getrlimit(2)).
var resources = map[string]int{
	"as": unix.RLIMIT_AS, "core": unix.RLIMIT_CORE, "cpu": unix.RLIMIT_CPU, "data": unix.RLIMIT_DATA,
	"fsize": unix.RLIMIT_FSIZE, "locks": unix.RLIMIT_LOCKS, "memlock": unix.RLIMIT_MEMLOCK,
	"msgqueue": unix.RLIMIT_MSGQUEUE, "nice": unix.RLIMIT_NICE, "nofile": unix.RLIMIT_NOFILE,
	"nproc": unix.RLIMIT_NPROC, "rss": unix.RLIMIT_RSS, "rtprio": unix.RLIMIT_RTPRIO,
	"rttime": unix.RLIMIT_RTTIME, "sigpending": unix.RLIMIT_SIGPENDING, "stack": unix.RLIMIT_STACK,
}

// Set sets a limit of this process, and says whether it was another. An error that is
// EPERM says how high the limit may be.
func Set(l Limit) (changed bool, err error) {
	resource, ok := resources[l.Name]
	if !ok {
		return false, fmt.Errorf("the limit is unknown")
	}
	want := rlimit(l)
	var now syscall.Rlimit
	// Go raises the soft limit of files for itself, and puts it back at exec unless it was
	// set meanwhile.
	if err := syscall.Getrlimit(resource, &now); err == nil && now == want && resource != unix.RLIMIT_NOFILE {
		return false, nil
	}
	// The one of package syscall, which keeps Go from putting its own back at exec.
	err = syscall.Setrlimit(resource, &want)
	if err == unix.EPERM {
		err = hint.With(err, fmt.Sprintf("the limit is higher than the %d that the engine itself has; lower it, or raise the engine's own limit", now.Max))
	}
	return true, err
}

// rlimit is the limit as the kernel has it.
func rlimit(l Limit) syscall.Rlimit {
	value := func(n int64) uint64 {
		if n < 0 {
			return math.MaxUint64
		}
		return uint64(n)
	}
	return syscall.Rlimit{Cur: value(l.Soft), Max: value(l.Hard)}
}

// Of are the limits of a process, nil where the kernel does not tell.
func Of(pid int) []Limit {
	var all []Limit
	for name, resource := range resources {
		var l unix.Rlimit
		if unix.Prlimit(pid, resource, nil, &l) == nil {
			all = append(all, Limit{Name: name, Soft: int64(l.Cur), Hard: int64(l.Max)})
		}
	}
	return all
}

// Differs says whether this process has another limit than l. Of nofile it always says so:
// what it is cannot be told, since Go raises the soft one for itself. A limit that is
// unknown does not differ.
func Differs(l Limit) bool {
	var now syscall.Rlimit
	resource, known := resources[l.Name]
	if !known || syscall.Getrlimit(resource, &now) != nil {
		return false
	}
	return now != rlimit(l) || resource == unix.RLIMIT_NOFILE // see Set
}
