//go:build unix && !linux

package host

import "golang.org/x/sys/unix"

// startUmask is read before the program makes any file: the system call can only
// tell it by changing it, for all threads.
var startUmask = func() int {
	mask := unix.Umask(0o077)
	unix.Umask(mask)
	return mask
}()

// umask is the caller's file mode creation mask.
func umask() int { return startUmask }
