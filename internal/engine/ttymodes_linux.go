package engine

import "golang.org/x/sys/unix"

// The requests of ioctl_tty(2) that read and set a terminal's modes.
const (
	getModes = unix.TCGETS
	setModes = unix.TCSETS
)
