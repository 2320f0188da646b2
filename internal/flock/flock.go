// Package flock keeps runs of one user from doing the same thing at once.
package flock

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

// Lock keeps this user's other runs from what goes by that name until the function it
// returns is called. The lock lies in runtimeDir or, where that is not the user's own, as
// with sudo -E, in the cache: another one could have root make files anywhere. It only
// helps engines that do badly with two at once: without a directory for it there is none,
// and one that is held for longer than any such work takes is passed over, since a
// container may have the cache mounted. say tells that there is none. An error is ctx's.
func Lock(ctx context.Context, runtimeDir, name string, say func(format string, a ...any)) (unlock func(), err error) {
	return LockFor(ctx, runtimeDir, name, lockGrace, say)
}

// LockFor is Lock for work that may take as long as grace.
func LockFor(ctx context.Context, runtimeDir, name string, grace time.Duration, say func(format string, a ...any)) (unlock func(), err error) {
	none := func() {}
	parent := runtimeDir
	if !ownDir(parent) {
		if parent, err = os.UserCacheDir(); err != nil {
			return none, nil
		}
	}
	dir := filepath.Join(parent, "ctenv")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		say("no lock for %s: %v", name, err)
		return none, nil
	}
	if !ownDir(dir) {
		say("no lock for %s: %q is not this user's own", name, dir)
		return none, nil
	}
	f, err := os.OpenFile(filepath.Join(dir, name+".lock"), os.O_CREATE|os.O_RDWR|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		say("no lock for %s: %v", name, err)
		return none, nil
	}
	unlock = func() { f.Close() }
	for deadline := time.Now().Add(grace); ; {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return unlock, nil
		}
		if err != unix.EWOULDBLOCK || time.Now().After(deadline) {
			say("no lock for %s: %v", name, err)
			return unlock, nil
		}
		select {
		case <-ctx.Done():
			unlock()
			return none, ctx.Err()
		case <-time.After(lockPoll):
		}
	}
}

// ownDir says that a path is a directory of this user's, and no symlink to one.
func ownDir(path string) bool {
	var st unix.Stat_t
	return unix.Lstat(path, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFDIR && int(st.Uid) == os.Getuid()
}
