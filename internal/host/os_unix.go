//go:build unix

package host

import (
	"os"
	"syscall"
)

// Owner is the uid that a file of this machine belongs to.
func Owner(info os.FileInfo) int { return int(info.Sys().(*syscall.Stat_t).Uid) }

// selinux says whether this host runs SELinux: selinuxfs is mounted then.
func selinux() bool {
	_, err := os.Stat("/sys/fs/selinux/enforce")
	return err == nil
}
