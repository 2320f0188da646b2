//go:build linux

// Package chowntree gives all that lies on one mount to a user.
package chowntree

import (
	"errors"
	"fmt"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"ctenv/internal/saferoot"
)

// chownWorkers walk a tree together, a directory each at a time. More gain nothing:
// the file system is the limit.
//
// The two system calls made for each entry bypass Go's scheduler, which would
// take an eighth of the whole time to be told of calls of a microsecond. But one
// that waits for a disk then keeps its processor, so each worker gets one of its
// own, and the live count the last.
const (
	chownWorkers    = 4
	chownProcessors = chownWorkers + 1
)

// direntBuffer is each worker's buffer for getdents64(2), in bytes: about a
// thousand names.
const direntBuffer = 32 << 10

// maxDepth is how many directories deep a volume is walked; a path of that many, with names of
// four letters, is longer than the kernel takes. Each is opened from the root, so without an end
// a chain of directories would take the square of its length.
const maxDepth = 1000

var errDeep = fmt.Errorf("directories lie in each other more than %d deep", maxDepth)

// Chowner gives one volume's content to a user. It follows no symlink, crosses
// into no other mount, and leaves entries alone that are the user's already.
type Chowner struct {
	uid, gid int
	root     int // the volume's root, opened with O_PATH
	kernel   mountView

	Seen, Changed atomic.Int64 // entries, so far
	failed        atomic.Int64

	mu    sync.Mutex
	more  *sync.Cond
	queue []*directory // those to do; last in, first out
	busy  int          // workers in a directory
	first error        // the first failure

	stop atomic.Bool // the volume refuses every change
}

// directory is one of the tree. Whole paths would take the memory of a container whose
// volume is as deep and wide as somebody likes.
type directory struct {
	parent *directory // nil for the root
	name   string
	depth  int
}

// path is the directory's, relative to the root, which is "".
func (d *directory) path() string {
	var parts []string
	for ; d.parent != nil; d = d.parent {
		parts = append(parts, d.name)
	}
	slices.Reverse(parts)
	return strings.Join(parts, "/")
}

// New is for the content of root, opened with O_PATH.
func New(root, uid, gid int) *Chowner {
	c := &Chowner{uid: uid, gid: gid, root: root, kernel: newMountView(root)}
	c.more = sync.NewCond(&c.mu)
	return c
}

// Run does the work. Its error counts what could not be changed.
func (c *Chowner) Run() error {
	var st unix.Stat_t
	if err := unix.Fstat(c.root, &st); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT == unix.S_IFDIR {
		c.queue = []*directory{{}}
		before := runtime.GOMAXPROCS(chownProcessors)
		defer runtime.GOMAXPROCS(before)
		var workers sync.WaitGroup
		for range chownWorkers {
			workers.Go(c.work)
		}
		workers.Wait()
	}
	// The root comes last, so that an interrupted run does not look like a
	// finished one.
	c.Seen.Add(1)
	if !c.stop.Load() && (int(st.Uid) != c.uid || int(st.Gid) != c.gid) {
		c.count(".", unix.Fchownat(c.root, "", c.uid, c.gid, unix.AT_EMPTY_PATH))
	}
	if c.first == nil {
		return nil
	}
	if c.stop.Load() {
		return fmt.Errorf("stopped at %w", c.first)
	}
	return fmt.Errorf("%d could not be changed, the first is %w", c.failed.Load(), c.first)
}

func (c *Chowner) work() {
	buf := make([]byte, direntBuffer)
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		for len(c.queue) == 0 && c.busy > 0 && !c.stop.Load() {
			c.more.Wait()
		}
		if len(c.queue) == 0 || c.stop.Load() {
			c.more.Broadcast()
			return
		}
		dir := c.queue[len(c.queue)-1]
		c.queue = c.queue[:len(c.queue)-1]
		c.busy++
		c.mu.Unlock()

		err := c.do(dir, buf)

		c.mu.Lock()
		c.busy--
		if err != nil {
			c.fail(dir.path(), err)
		}
		if c.busy == 0 {
			c.more.Broadcast()
		}
	}
}

// count notes the result of one chown.
func (c *Chowner) count(name string, err error) {
	switch err {
	case nil:
		c.Changed.Add(1)
	case unix.ENOENT: // removed meanwhile
	default:
		c.mu.Lock()
		c.fail(name, err)
		c.mu.Unlock()
	}
}

// fail notes a failure. The lock is held.
func (c *Chowner) fail(name string, err error) {
	c.failed.Add(1)
	if c.first == nil {
		c.first = fmt.Errorf("%q: %w", name, err)
	}
	if errors.Is(err, unix.EROFS) {
		c.stop.Store(true) // so is the rest: a volume is one mount
	}
}

// do does the entries of one directory and queues the directories among them. buf is the
// worker's.
func (c *Chowner) do(dir *directory, buf []byte) error {
	fd, err := openFar(c.root, dir.path())
	switch err {
	case nil:
	case unix.ENOENT, unix.EXDEV: // removed, or mounted over, meanwhile
		return nil
	default:
		return err
	}
	defer unix.Close(fd)
	for {
		n, err := unix.Getdents(fd, buf)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n <= 0 {
			return err
		}
		c.batch(fd, dir, buf[:n])
	}
}

// batch does the entries that one getdents64(2) call returned.
func (c *Chowner) batch(fd int, dir *directory, dents []byte) {
	var found []*directory
	seen := int64(0)
	for len(dents) > 0 && !c.stop.Load() {
		d := (*unix.Dirent)(unsafe.Pointer(&dents[0]))
		// The name ends in a NUL byte already, which saves a copy of it per call.
		name := dents[unsafe.Offsetof(d.Name):d.Reclen]
		dents = dents[d.Reclen:]
		if name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0)) {
			continue
		}
		below := func() string { return path.Join(dir.path(), unix.ByteSliceToString(name)) }
		e, err := c.kernel.stat(fd, name, below)
		if err != nil {
			if err != unix.ENOENT {
				c.count(below(), err)
			}
			continue
		}
		if e.otherMount {
			continue
		}
		seen++
		if e.uid != uint32(c.uid) || e.gid != uint32(c.gid) {
			change := chownEntry
			if !c.kernel.alone {
				change = chownOnMount
			}
			if err := change(fd, name, c.uid, c.gid); err == unix.EXDEV {
				continue // mounted over meanwhile
			} else if err != nil {
				c.count(below(), err)
			} else {
				c.Changed.Add(1)
			}
		}
		if e.directory {
			if dir.depth == maxDepth {
				top, _, _ := strings.Cut(below(), "/")
				c.count(top, errDeep)
				continue
			}
			found = append(found, &directory{dir, unix.ByteSliceToString(name), dir.depth + 1})
		}
	}
	c.Seen.Add(seen)
	if len(found) > 0 {
		c.mu.Lock()
		c.queue = append(c.queue, found...)
		c.more.Broadcast()
		c.mu.Unlock()
	}
}

// chownEntry changes the owner of an entry itself, be it a symlink. name ends in
// a NUL byte.
func chownEntry(dir int, name []byte, uid, gid int) error {
	for {
		_, _, errno := unix.RawSyscall6(unix.SYS_FCHOWNAT, uintptr(dir), uintptr(unsafe.Pointer(&name[0])),
			uintptr(uid), uintptr(gid), unix.AT_SYMLINK_NOFOLLOW, 0)
		switch errno {
		case 0:
			return nil
		case unix.EINTR: // Go's own signals, on FUSE and NFS
			continue
		}
		return errno
	}
}

// chownOnMount is chownEntry for an entry that may have become a mount's root since
// it was looked at: EXDEV then. It takes two more system calls.
func chownOnMount(dir int, name []byte, uid, gid int) error {
	fd, err := saferoot.OpenIn(dir, unix.ByteSliceToString(name), unix.O_PATH, unix.RESOLVE_NO_XDEV)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.Fchownat(fd, "", uid, gid, unix.AT_EMPTY_PATH)
}

// openFar opens a directory below dir on the same mount, however long its path is:
// the kernel takes no more than PATH_MAX, 4,096 bytes, at a time.
func openFar(dir int, rel string) (int, error) {
	if rel == "" {
		return unix.Openat(dir, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	}
	at := dir
	for len(rel) >= unix.PathMax {
		cut := strings.LastIndexByte(rel[:unix.PathMax-1], '/')
		next, err := saferoot.OpenIn(at, rel[:cut], unix.O_PATH|unix.O_DIRECTORY, unix.RESOLVE_NO_XDEV)
		if at != dir {
			unix.Close(at)
		}
		if err != nil {
			return -1, err
		}
		at, rel = next, rel[cut+1:]
	}
	fd, err := saferoot.OpenIn(at, rel, unix.O_RDONLY|unix.O_DIRECTORY, unix.RESOLVE_NO_XDEV)
	if at != dir {
		unix.Close(at)
	}
	return fd, err
}
