//go:build unix && !linux

package engine

import "golang.org/x/sys/unix"

// The requests of tty(4) that read and set a terminal's modes.
const (
	getModes = unix.TIOCGETA
	setModes = unix.TIOCSETA
)
