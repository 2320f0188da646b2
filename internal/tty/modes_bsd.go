//go:build unix && !linux

package tty

import "golang.org/x/sys/unix"

// The requests of tty(4) that read and set a terminal's modes.
const (
	GetModes = unix.TIOCGETA
	setModes = unix.TIOCSETA
)

// fread is FREAD of sys/fcntl.h: the queue of what comes in.
const fread = 1

// Discard drops what has been typed and nobody has read yet.
func Discard(fd int) error { return unix.IoctlSetPointerInt(fd, unix.TIOCFLUSH, fread) }
