package runargs

import (
	"slices"

	"github.com/docker/docker/api/types/container"
)

// Under puts args under limits, options that hold whatever else is asked for. undone
// are the args that cannot stand beside a limit, by their index, and that limit; set
// are the limits that args do not meet already.
func Under(args, limits []Arg) (undone map[int]Arg, set []Arg) {
	undone = map[int]Arg{}
	for _, l := range limits {
		met := false
		for i, a := range args {
			switch {
			case stricter(a, l):
				met = true
			case undoes(a, l):
				undone[i] = l
			}
		}
		if !met {
			set = append(set, l)
		}
	}
	return undone, set
}

// ofSetup are the options that hold where an image is made by ctenv, too: those that take
// something from what runs, but for a read-only root, in which nothing could be installed.
var ofSetup = []string{"blkio-weight", "blkio-weight-device", "cap-drop", "cgroup-parent", "cgroupns", "cpu-period", "cpu-quota", "cpu-rt-period", "cpu-rt-runtime",
	"cpu-shares", "cpus", "cpuset-cpus", "cpuset-mems", "device-read-bps", "device-read-iops", "device-write-bps", "device-write-iops", "dns", "dns-option",
	"dns-search", "ipc", "memory", "memory-reservation", "memory-swap", "memory-swappiness", "oom-score-adj", "pids-limit", "runtime", "security-opt", "shm-size",
	"storage-opt", "userns"}

// OfSetup are those of limits that hold where an image is made.
func OfSetup(limits []Arg) (hold []Arg) {
	for _, l := range limits {
		if slices.Contains(ofSetup, l.Name) {
			hold = append(hold, l)
		}
	}
	return hold
}

// stricter says whether a, the same option as l, allows less than l does.
func stricter(a, l Arg) bool {
	x, ok := amount(a)
	y, also := amount(l)
	return a.Name == l.Name && ok && also && x <= y
}

// amount is what an option of which less is stricter allows; none at all, which is how
// the engine reads 0 and -1, is no limit.
func amount(a Arg) (int64, bool) {
	t := newTarget(&container.Config{}, &container.HostConfig{})
	if t.set(a) != nil {
		return 0, false
	}
	n := int64(0)
	switch a.Name {
	case "memory":
		n = t.host.Memory
	case "cpus":
		n = t.host.NanoCPUs
	case "shm-size":
		n = t.host.ShmSize
	case "pids-limit":
		if t.host.PidsLimit != nil {
			n = *t.host.PidsLimit
		}
	}
	return n, n > 0
}

// undoes says whether a takes back what l says.
func undoes(a, l Arg) bool {
	o := in(options, l.Name)
	switch {
	case a == l:
		return false
	case a.Name == l.Name && !o.many:
		return true
	case a.Name == "privileged" && a.Value == "true":
		return slices.Contains([]string{"cap-drop", "security-opt", "device-cgroup-rule", "privileged"}, l.Name)
	case a.Name == "cap-add" && l.Name == "cap-drop":
		add, _ := capability(a.Value)
		drop, _ := capability(l.Value)
		return drop == "ALL" || add == drop || add == "ALL"
	case a.Name == "security-opt" && l.Name == "security-opt":
		x, _, _ := securityOpt(a.Value)
		y, _, _ := securityOpt(l.Value)
		return x == y
	}
	return false
}
