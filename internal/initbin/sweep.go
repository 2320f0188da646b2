package initbin

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"ctenv/internal/host"
	"ctenv/internal/plan"
	"ctenv/internal/procid"
)

const (
	// unusedFor is how long something in the cache may lie unused.
	unusedFor = 30 * 24 * time.Hour
	// noteUse is how old the note of the last use may become.
	noteUse = 24 * time.Hour
)

// used notes in the time of p.Path that it is in use, for the sweep of another
// version of ctenv.
func (p Program) used() {
	if info, err := os.Lstat(p.Path); err == nil && time.Since(info.ModTime()) > noteUse {
		_ = setTime(p.Path, time.Now())
	}
}

// setTime is os.Chtimes, which would follow a symlink.
func setTime(path string, to time.Time) error {
	ts, err := unix.TimeToTimespec(to)
	if err != nil {
		return err
	}
	return unix.UtimesNanoAt(unix.AT_FDCWD, path, []unix.Timespec{ts, ts}, unix.AT_SYMLINK_NOFOLLOW)
}

// sweep removes what other versions of ctenv have left in dir, where it is the caller's and
// has not been used for long, and at once what one that was killed was writing. A container
// that runs keeps the file that is mounted in it. What cannot be removed stays.
func sweep(dir string, uid int) {
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		name := entry.Name()
		isFile := strings.HasPrefix(name, programPrefix) || strings.HasPrefix(name, tempPrefix) || strings.HasPrefix(name, plan.ProfilePrefix)
		isDir := strings.HasPrefix(name, "streams-") // of the handover package
		info, err := entry.Info()                    // of a symlink itself
		process, _, _ := strings.Cut(strings.TrimPrefix(name, tempPrefix), ".")
		killed := strings.HasPrefix(name, tempPrefix) && procid.Of(process) == procid.Dead
		if err != nil || host.Owner(info) != uid || time.Since(info.ModTime()) < unusedFor && !killed {
			continue
		}
		if path := filepath.Join(dir, name); isFile && info.Mode().IsRegular() || isDir && info.IsDir() {
			_ = os.RemoveAll(path)
		}
	}
}
