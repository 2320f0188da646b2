//go:build linux

package setup

import (
	"fmt"
	"math"
	"syscall"

	"golang.org/x/sys/unix"

	"ctenv/internal/wire"
)

// resources are the limits that docker has names for (getrlimit(2)).
var resources = map[string]int{
	"as": unix.RLIMIT_AS, "core": unix.RLIMIT_CORE, "cpu": unix.RLIMIT_CPU, "data": unix.RLIMIT_DATA,
	"fsize": unix.RLIMIT_FSIZE, "locks": unix.RLIMIT_LOCKS, "memlock": unix.RLIMIT_MEMLOCK,
	"msgqueue": unix.RLIMIT_MSGQUEUE, "nice": unix.RLIMIT_NICE, "nofile": unix.RLIMIT_NOFILE,
	"nproc": unix.RLIMIT_NPROC, "rss": unix.RLIMIT_RSS, "rtprio": unix.RLIMIT_RTPRIO,
	"rttime": unix.RLIMIT_RTTIME, "sigpending": unix.RLIMIT_SIGPENDING, "stack": unix.RLIMIT_STACK,
}

// limits sets the resource limits that the engine has left as they were.
func (in *Init) limits() (string, error) {
	set := 0
	for _, l := range in.req.Limits {
		done, err := setLimit(l)
		if err != nil {
			return "", fmt.Errorf("%s=%d:%d: %w", l.Name, l.Soft, l.Hard, err)
		}
		if done {
			set++
		}
	}
	if set == 0 {
		return "", nil
	}
	return fmt.Sprintf("set %d of %d", set, len(in.req.Limits)), nil
}

func setLimit(l wire.Limit) (bool, error) {
	resource, ok := resources[l.Name]
	if !ok {
		return false, fmt.Errorf("the limit is unknown")
	}
	want := syscall.Rlimit{Cur: limitValue(l.Soft), Max: limitValue(l.Hard)}
	var now syscall.Rlimit
	if err := syscall.Getrlimit(resource, &now); err == nil && now == want {
		return false, nil
	}
	// The one of package syscall, which keeps Go from putting its own back at exec.
	err := syscall.Setrlimit(resource, &want)
	if err == unix.EPERM {
		err = hinted(err, "the limit is higher than the %d that the engine itself has; lower it, or raise the engine's own limit", now.Max)
	}
	return true, err
}

// limitValue is an int64 of docker's, where -1 is unlimited, as the kernel has it.
func limitValue(n int64) uint64 {
	if n < 0 {
		return math.MaxUint64
	}
	return uint64(n)
}
