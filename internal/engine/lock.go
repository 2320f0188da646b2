package engine

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// lockGrace is how long the lock of another run is respected.
var lockGrace = time.Minute

// lockPoll is how often a lock that another run has is tried.
const lockPoll = 5 * time.Millisecond

// lock keeps this user's other runs from what goes by that name until the function it
// returns is called. It only helps engines that do badly with two at once: without a
// folder for it there is none, and one that is held for longer than any such work
// takes is passed over, since a container may have the cache mounted. An error is ctx's.
func lock(ctx context.Context, name string, s Streams) (unlock func(), err error) {
	none := func() {}
	// With sudo -E it is another user's, who could have root make files anywhere.
	parent := userRuntimeDir(os.Getenv)
	if !ownFolder(parent) {
		if parent, err = os.UserCacheDir(); err != nil {
			return none, nil
		}
	}
	dir := filepath.Join(parent, "ctenv")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		s.verbose("no lock for %s: %v", name, err)
		return none, nil
	}
	if !ownFolder(dir) {
		s.verbose("no lock for %s: %q is not this user's own", name, dir)
		return none, nil
	}
	f, err := os.OpenFile(filepath.Join(dir, name+".lock"), os.O_CREATE|os.O_RDWR|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		s.verbose("no lock for %s: %v", name, err)
		return none, nil
	}
	unlock = func() { f.Close() }
	for deadline := time.Now().Add(lockGrace); ; {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return unlock, nil
		}
		if err != unix.EWOULDBLOCK || time.Now().After(deadline) {
			s.verbose("no lock for %s: %v", name, err)
			return unlock, nil
		}
		if err := sleep(ctx, lockPoll); err != nil {
			unlock()
			return none, err
		}
	}
}

// ownFolder says that a path is a folder of this user's, and no symlink to one.
func ownFolder(path string) bool {
	var st unix.Stat_t
	return unix.Lstat(path, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFDIR && int(st.Uid) == os.Getuid()
}
