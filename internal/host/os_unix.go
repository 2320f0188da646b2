//go:build unix

package host

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

func ownerOf(info os.FileInfo) (int, bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(st.Uid), true
}

// background says whether another process group is the terminal's foreground
// one (tcgetpgrp(3)): then reading it would stop this process with SIGTTIN.
func background(fd uintptr) bool {
	pgrp, err := unix.IoctlGetInt(int(fd), unix.TIOCGPGRP)
	return err == nil && pgrp != unix.Getpgrp()
}

// selinux says whether this host runs SELinux: selinuxfs is mounted then.
func selinux() bool {
	_, err := os.Stat("/sys/fs/selinux/enforce")
	return err == nil
}
