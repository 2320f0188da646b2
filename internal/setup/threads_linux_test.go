package setup

import (
	"syscall"

	"golang.org/x/sys/unix"
)

func allThreadsPrctl(option, arg uintptr) error {
	if _, _, errno := syscall.AllThreadsSyscall6(unix.SYS_PRCTL, option, arg, 0, 0, 0, 0); errno != 0 {
		return errno
	}
	return nil
}
