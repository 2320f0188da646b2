package tty

import "golang.org/x/sys/unix"

// The requests of ioctl_tty(2) that read and set a terminal's modes.
const (
	GetModes = unix.TCGETS
	setModes = unix.TCSETS
)

// Discard drops what has been typed and nobody has read yet.
func Discard(fd int) error { return unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCIFLUSH) }
