//go:build linux

package setup

import (
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"

	"ctenv/internal/wire"
)

// asUser calls do with the file permissions of the user: what it may not reach,
// do may not reach either. The thread that has them is thrown away afterwards.
// The current directory is shared by all threads.
func asUser(u wire.User, do func() error) error {
	if u.UID == 0 {
		return do()
	}
	done := make(chan error)
	go func() {
		// Never unlocked, so the thread ends with the goroutine.
		runtime.LockOSThread()
		if err := becomeForFiles(u); err != nil {
			done <- err
			return
		}
		done <- do()
	}()
	return <-done
}

// becomeForFiles changes this thread's ids for file access only. A file system
// uid that is not 0 takes root's capabilities over files with it (capabilities(7)).
func becomeForFiles(u wire.User) error {
	groups := make([]uint32, 0, len(u.Groups)+1)
	for _, g := range u.Groups {
		groups = append(groups, uint32(g.GID))
	}
	groups = append(groups, uint32(u.GID))
	// x/sys changes the groups of all threads, so the system call is made here.
	// It is denied in some user namespaces; then the user has no more groups
	// later on either.
	_, _, _ = unix.RawSyscall(unix.SYS_SETGROUPS, uintptr(len(groups)), uintptr(unsafe.Pointer(&groups[0])), 0)
	// setfsgid(2) and setfsuid(2) report no error; asking again shows the truth.
	unix.SetfsgidRetGid(u.GID)
	unix.SetfsuidRetUid(u.UID)
	gid, _ := unix.SetfsgidRetGid(-1)
	uid, _ := unix.SetfsuidRetUid(-1)
	if uint32(gid) != uint32(u.GID) || uint32(uid) != uint32(u.UID) {
		return fmt.Errorf("acting as uid %d, gid %d: %w", u.UID, u.GID, idError(unix.EPERM))
	}
	return nil
}
