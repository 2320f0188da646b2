// Package cgroup reads what the kernel says of the memory and limits of the container that this process
// is in, by the mount that engines put into every container.
package cgroup

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Root is where engines mount it.
const Root = "/sys/fs/cgroup"

// Kills is how many processes of the container the kernel has killed for its memory since it
// was made, 0 where that is not known (cgroups(7): memory.events, and memory.oom_control of
// version 1).
func Kills(root string) int64 {
	for _, file := range []string{"memory.events", "memory/memory.oom_control"} {
		text, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			if count, ok := strings.CutPrefix(strings.TrimSpace(line), "oom_kill "); ok {
				return number(count)
			}
		}
	}
	return 0
}

// noLimit is more than any machine has: version 1 has a number for no limit.
const noLimit = 1 << 60

// Limit is how many bytes of memory the container may have, 0 for no limit of its own.
func Limit(root string) int64 { return limit(root, "memory.max", "memory/memory.limit_in_bytes") }

// PIDs is how many processes and threads the container may have, 0 for no limit of its own.
func PIDs(root string) int64 { return limit(root, "pids.max", "pids/pids.max") }

// limit reads the first of some files that is there.
func limit(root string, files ...string) int64 {
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			continue
		}
		if n := number(strings.TrimSpace(string(text))); n < noLimit {
			return n
		}
		return 0
	}
	return 0
}

// number is 0 for words such as "max".
func number(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}

// Size is a number of bytes as the option --memory takes it, "" for no limit.
func Size(bytes int64) string {
	const mebi = 1 << 20
	switch {
	case bytes <= 0:
		return ""
	case bytes%mebi == 0:
		return fmt.Sprintf("%dm", bytes/mebi)
	}
	return fmt.Sprintf("%db", bytes)
}

// OutOfMemory says that a container's memory ran out, of which it may have limit, "" for no
// limit of its own.
func OutOfMemory(limit string) string {
	if limit == "" {
		return "the container ran out of memory: the machine, or the engine's own limit, has no more"
	}
	return fmt.Sprintf("the container ran out of memory, of which it may have %s (--memory in run_args)", limit)
}
