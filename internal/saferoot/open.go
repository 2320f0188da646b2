//go:build linux

// Package saferoot opens and reads files below a directory, following nobody's symlinks.
package saferoot

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// statx is what the kernel answers; tests have one that answers less.
var statx = unix.Statx

// errNoMountID is of kernels that are not Linux. Without the number nothing tells the host's
// files from the container's own.
var errNoMountID = errors.New("this kernel, a sandbox such as gVisor's maybe, does not say which mount a file is on: ctenv cannot run in it")

// MountID identifies the mount that fd is on: statx(2) since Linux 5.8, before
// that proc_pid_fdinfo(5). st_dev would not do: a bind mount keeps it.
func MountID(fd int) (uint64, error) {
	var st unix.Statx_t
	err := statx(fd, "", unix.AT_EMPTY_PATH|unix.AT_STATX_DONT_SYNC, unix.STATX_MNT_ID, &st)
	if err == nil && st.Mask&unix.STATX_MNT_ID != 0 {
		return st.Mnt_id, nil
	}
	info, err := os.ReadFile("/proc/self/fdinfo/" + strconv.Itoa(fd))
	if err != nil {
		return 0, fmt.Errorf("asking for the mount: %w", err)
	}
	for line := range strings.Lines(string(info)) {
		if id, ok := strings.CutPrefix(line, "mnt_id:"); ok {
			return strconv.ParseUint(strings.TrimSpace(id), 10, 64)
		}
	}
	return 0, errNoMountID
}

// OpenIn opens a path below dir, following no symlink on the way.
func OpenIn(dir int, rel string, flags int, resolve uint64) (int, error) {
	how := unix.OpenHow{
		Flags:   uint64(flags | unix.O_CLOEXEC | unix.O_NOFOLLOW),
		Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | resolve,
	}
	fd, err := openat2(dir, rel, &how)
	if err == unix.ENOSYS || err == unix.EPERM { // before Linux 5.6, or a seccomp profile older than that
		return WalkIn(dir, rel, flags, resolve&unix.RESOLVE_NO_XDEV != 0)
	}
	return fd, err
}

// openTries is how often openat2(2) is called that meets a rename or a mount, which may be
// anybody's on the whole machine: on a busy one it meets many.
const openTries = 1000

func openat2(dir int, rel string, how *unix.OpenHow) (fd int, err error) {
	for try := range openTries {
		fd, err = unix.Openat2(dir, rel, how)
		if err != unix.EINTR && err != unix.EAGAIN {
			break
		}
		if try > 8 {
			time.Sleep(time.Millisecond)
		}
	}
	return fd, err
}

// WalkIn does the work of openat2(2) one directory at a time. With stay it refuses to
// leave dir's mount, as RESOLVE_NO_XDEV does.
func WalkIn(dir int, rel string, flags int, stay bool) (fd int, err error) {
	var mnt uint64
	if stay {
		if mnt, err = MountID(dir); err != nil {
			return -1, err
		}
	}
	parent := dir
	for {
		name, rest, more := strings.Cut(rel, "/")
		f := flags
		if more {
			f = unix.O_PATH | unix.O_DIRECTORY
		}
		fd, err := unix.Openat(parent, name, f|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
		if parent != dir {
			unix.Close(parent)
		}
		if err != nil {
			return -1, err
		}
		if stay {
			if at, err := MountID(fd); err != nil || at != mnt {
				unix.Close(fd)
				return -1, cmp.Or(err, error(unix.EXDEV))
			}
		}
		if !more {
			return fd, nil
		}
		parent, rel = fd, rest
	}
}
