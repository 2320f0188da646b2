package handover

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	// dirPrefix starts the names of the directories that runs have beside ctenv-init.
	dirPrefix = "streams-"
	// slotPrefix starts the names of directories that stay, of which there are maxSlots.
	slotPrefix = "detached-"
	maxSlots   = 64
	// socketName is of what a run may have in it.
	socketName = "socket"
	// MaxDead is how many of the dead's one run removes.
	MaxDead = 64
)

// Dir is a directory for one run, locked while the run needs it: however a process
// ends, the kernel lets go of the lock, and others see that nobody needs it any more.
type Dir struct {
	Path string
	Dead int // how many directories of the dead were removed for it
	file *os.File
	slot bool // it stays, for the next
}

// NewDir makes a directory in parent and removes those of the dead.
func NewDir(parent string) (h *Dir, err error) {
	removed := removeDead(parent)
	for range 3 {
		if h, err = lockedDir(parent); err == nil {
			h.Dead = removed
			return h, nil
		}
	}
	return nil, err
}

// NewSlot takes a directory in parent that stays, since the container goes on without this
// process and names what is in it when it is started again. Others may take it then.
func NewSlot(parent string) (*Dir, error) {
	removed := removeDead(parent)
	for i := range maxSlots {
		dir := filepath.Join(parent, slotPrefix+strconv.Itoa(i))
		if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		f, err := lockOwn(dir)
		if err != nil {
			continue
		}
		_ = unix.Unlinkat(int(f.Fd()), socketName, 0)
		return &Dir{Path: dir, file: f, Dead: removed, slot: true}, nil
	}
	return nil, fmt.Errorf("%d runs start at once, or %q is not this user's", maxSlots, parent)
}

// lockOwn locks a directory that is this user's.
func lockOwn(dir string) (*os.File, error) {
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), dir)
	var st unix.Stat_t
	if err = unix.Fstat(fd, &st); err == nil && int(st.Uid) != os.Getuid() {
		err = unix.EPERM
	}
	if err == nil {
		err = unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// lockedDir may fail beside another one that looks for the dead, and takes a directory
// that has no lock yet for one of theirs.
func lockedDir(parent string) (*Dir, error) {
	dir, err := os.MkdirTemp(parent, dirPrefix)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	var there, locked unix.Stat_t
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == nil {
		err = unix.Fstat(int(f.Fd()), &locked)
	}
	if err == nil {
		err = unix.Lstat(dir, &there)
	}
	if err == nil && (there.Dev != locked.Dev || there.Ino != locked.Ino) {
		err = unix.ENOENT
	}
	if err != nil {
		f.Close()
		return nil, &os.PathError{Op: "lock", Path: dir, Err: err}
	}
	return &Dir{Path: dir, file: f}, nil
}

// Release removes the directory, or leaves it to the next. It is done once; a nil Dir has none.
func (h *Dir) Release() {
	switch {
	case h == nil || h.file == nil:
		return
	case h.slot:
		h.file.Close()
	default:
		remove(h.Path, h.file)
	}
	h.file = nil
}

// remove removes a locked directory and what a run makes in it, which is all that is
// removed: whatever else is there is not of ctenv's.
func remove(dir string, f *os.File) {
	if unix.Unlinkat(int(f.Fd()), socketName, 0) != nil {
		// Podman makes a directory of what a client of the dead is to mount and is gone.
		_ = unix.Unlinkat(int(f.Fd()), socketName, unix.AT_REMOVEDIR)
	}
	_ = unix.Rmdir(dir)
	f.Close()
}

// removeDead removes what the dead have left in parent, and counts it.
func removeDead(parent string) (removed int) {
	for dir, f := range dead(parent) {
		remove(dir, f)
		if removed++; removed == MaxDead {
			break
		}
	}
	return removed
}

// dead are the directories in parent that are this user's and locked by nobody, each with
// the lock on it, which is to be closed.
func dead(parent string) iter.Seq2[string, *os.File] {
	return func(yield func(string, *os.File) bool) {
		entries, _ := os.ReadDir(parent)
		for _, entry := range entries {
			if !strings.HasPrefix(entry.Name(), dirPrefix) || !entry.IsDir() {
				continue
			}
			dir := filepath.Join(parent, entry.Name())
			if f, err := lockOwn(dir); err == nil && !yield(dir, f) {
				return
			}
		}
	}
}

// DeadDirs are the directories in parent that runs which were killed have left.
func DeadDirs(parent string) (dirs []string) {
	for dir, f := range dead(parent) {
		f.Close()
		dirs = append(dirs, dir)
	}
	return dirs
}

// RemoveDead removes one of them, if it is one still.
func RemoveDead(dir string) {
	if f, err := lockOwn(dir); err == nil {
		remove(dir, f)
	}
}
