//go:build linux

package chowntree

import (
	"os"
	"path"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"ctenv/internal/mountinfo"
	"ctenv/internal/saferoot"
)

// entry is what a change of owner has to know of a directory's entry.
type entry struct {
	uid, gid   uint32
	directory  bool
	otherMount bool
}

// mountView looks at a tree without leaving its mount. statx(2) marks a mount's
// root since Linux 5.8; before that, and where a seccomp profile hides statx, the
// mount points come from proc_pid_mountinfo(5), and the device is compared.
type mountView struct {
	marked bool // statx marks the roots of mounts
	alone  bool // no mount is below the root
	dev    uint64
	points map[string]bool // mount points below the root, relative to it
}

func newMountView(root int) mountView {
	var sx unix.Statx_t
	err := unix.Statx(root, "", unix.AT_EMPTY_PATH, unix.STATX_BASIC_STATS, &sx)
	if err == nil && sx.Attributes_mask&unix.STATX_ATTR_MOUNT_ROOT != 0 {
		return mountView{marked: true, alone: alone(root)}
	}
	return oldMountView(root)
}

// alone says that nothing is mounted below root. Only then does an entry that was
// seen to be no mount stay none: who shares the volume can rename the directory that
// another mount is on. A mount that the host's root adds meanwhile is none of theirs,
// and is seen as any other. (The engine's volumes take on such mounts.)
func alone(root int) bool {
	id, err := saferoot.MountID(root)
	if err != nil {
		return false
	}
	mounts, err := mountinfo.Own()
	return err == nil && standsAlone(mounts, id)
}

func standsAlone(mounts []mountinfo.Mount, id uint64) bool {
	known := false
	for _, m := range mounts {
		if m.Parent == id {
			return false // below the root, or over it
		}
		known = known || m.ID == id
	}
	return known
}

func oldMountView(root int) mountView {
	v := mountView{points: map[string]bool{}}
	var st unix.Stat_t
	if unix.Fstat(root, &st) == nil {
		v.dev = st.Dev
	}
	at, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(root))
	if err != nil {
		return v
	}
	mounts, _ := mountinfo.Own()
	for _, m := range mounts {
		if rel, below := strings.CutPrefix(m.Point, path.Clean(at)+"/"); below {
			v.points[rel] = true
		}
	}
	return v
}

// stat looks at an entry itself, be it a symlink. name ends in a NUL byte; rel
// gives the entry's path below the root.
func (v *mountView) stat(dir int, name []byte, rel func() string) (entry, error) {
	if !v.marked {
		var st unix.Stat_t
		if err := unix.Fstatat(dir, unix.ByteSliceToString(name), &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
			return entry{}, err
		}
		return entry{
			uid: st.Uid, gid: st.Gid,
			directory:  st.Mode&unix.S_IFMT == unix.S_IFDIR,
			otherMount: st.Dev != v.dev || v.points[rel()],
		}, nil
	}
	var sx unix.Statx_t
	errno := unix.EINTR
	for errno == unix.EINTR {
		_, _, errno = unix.RawSyscall6(unix.SYS_STATX, uintptr(dir), uintptr(unsafe.Pointer(&name[0])),
			unix.AT_SYMLINK_NOFOLLOW|unix.AT_NO_AUTOMOUNT, unix.STATX_TYPE|unix.STATX_UID|unix.STATX_GID,
			uintptr(unsafe.Pointer(&sx)), 0)
	}
	if errno != 0 {
		return entry{}, errno
	}
	return entry{
		uid: sx.Uid, gid: sx.Gid,
		directory:  sx.Mode&unix.S_IFMT == unix.S_IFDIR,
		otherMount: sx.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0,
	}, nil
}
