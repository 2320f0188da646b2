package host

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// umask is the caller's file mode creation mask. The system call can only tell it by
// changing it, for all threads; the kernel writes it down since Linux 4.7
// (proc_pid_status(5)).
func umask() int {
	status, err := os.ReadFile("/proc/self/status")
	if err == nil {
		if mask, ok := umaskLine(string(status)); ok {
			return mask
		}
	}
	mask := unix.Umask(0o077)
	unix.Umask(mask)
	return mask
}

func umaskLine(status string) (int, bool) {
	for line := range strings.Lines(status) {
		if value, ok := strings.CutPrefix(line, "Umask:"); ok {
			mask, err := strconv.ParseUint(strings.TrimSpace(value), 8, 9)
			return int(mask), err == nil
		}
	}
	return 0, false
}
