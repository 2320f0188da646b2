//go:build linux

package privilege

import (
	"fmt"
	"runtime"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"

	"ctenv/internal/wire"
)

// AsUser calls do with the file permissions of the user: what it may not reach,
// do may not reach either. The current directory is shared by all threads. The error is
// do's, or says that this process may not act as u.
func AsUser(u wire.User, do func() error) error {
	if u.UID == 0 {
		return do()
	}
	done := make(chan error, 1)
	userThread(u) <- func(err error) {
		if err == nil {
			err = do()
		}
		done <- err
	}
	return <-done
}

// userThreads take calls, each by the user of its thread, of whom there is one but in
// tests.
var userThreads struct {
	sync.Mutex
	calls map[string]chan func(error)
}

// userThread is a thread with the file permissions of a user. What it calls gets the
// error of what kept it from having them.
//
// It stays until this process becomes the command. A thread that is thrown away is gone
// for Go, which then does not have it drop its privileges, some time before the kernel
// has it go: verifyDrop would meet it.
func userThread(u wire.User) chan<- func(error) {
	userThreads.Lock()
	defer userThreads.Unlock()
	key := fmt.Sprint(u.UID, u.GID, u.Groups)
	if calls, there := userThreads.calls[key]; there {
		return calls
	}
	calls := make(chan func(error))
	if userThreads.calls == nil {
		userThreads.calls = map[string]chan func(error){}
	}
	userThreads.calls[key] = calls
	go func() {
		runtime.LockOSThread() // for good
		err := becomeForFiles(u)
		for call := range calls {
			call(err)
		}
	}()
	return calls
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
	uid, err := unix.SetfsuidRetUid(-1)
	if err == unix.ENOSYS {
		return fmt.Errorf("acting as uid %d, gid %d: this kernel, a sandbox such as gVisor's maybe, has no setfsuid: %w", u.UID, u.GID, err)
	}
	if uint32(gid) != uint32(u.GID) || uint32(uid) != uint32(u.UID) {
		return fmt.Errorf("acting as uid %d, gid %d: %w", u.UID, u.GID, idError(unix.EPERM))
	}
	return nil
}
