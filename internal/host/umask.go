//go:build unix

package host

import "golang.org/x/sys/unix"

// umask is the caller's file mode creation mask. The system call can only tell it by
// changing it, for all threads, so that is done before the program makes any file. One
// that keeps the caller out of what he makes is for the command: ctenv needs its own files.
var umask = func() int {
	mask := unix.Umask(0o077)
	unix.Umask(mask &^ 0o700)
	return mask
}()
