package host

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"ctenv/internal/look"
	"ctenv/internal/mountinfo"
	"ctenv/internal/wire"
)

// stat looks at p by one descriptor, so that the real path, the kind and the identity
// are those of one thing, whoever exchanges what lies on the way meanwhile. Nothing is
// opened for reading, so no device or pipe notices.
func stat(p string) look.Path {
	for range 3 {
		if there, ok := statOnce(p); ok {
			return there
		}
	}
	return look.Path{Err: errors.New("it is exchanged for something else again and again")}
}

// statOnce tells whether what it saw was there under one path all the time.
func statOnce(p string) (look.Path, bool) {
	fd, err := unix.Open(p, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return missing(err), true
	}
	defer func() { unix.Close(fd) }()
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return look.Path{Err: err}, true
	}
	if st.Mode&unix.S_IFMT == unix.S_IFDIR {
		// What autofs(5) mounts is mounted only by who goes through it.
		in, err := unix.Openat(fd, "./.", unix.O_PATH|unix.O_CLOEXEC, 0)
		if err == nil {
			unix.Close(fd)
			fd = in
		}
		if err := unix.Fstat(fd, &st); err != nil {
			return look.Path{Err: err}, true
		}
	}
	real, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(fd))
	if err != nil || !strings.HasPrefix(real, "/") {
		real = realPath(p)
	}
	var again unix.Stat_t
	if err := unix.Lstat(real, &again); err != nil || again.Dev != st.Dev || again.Ino != st.Ino {
		return look.Path{}, false
	}
	there := look.Path{
		Exists: true, Dir: st.Mode&unix.S_IFMT == unix.S_IFDIR, Regular: st.Mode&unix.S_IFMT == unix.S_IFREG, Real: real,
		UID: int(st.Uid), GID: int(st.Gid), GroupWrites: st.Mode&0o020 != 0, Mode: uint32(st.Mode) & 0o777,
		Dev: st.Dev, Ino: st.Ino,
	}
	there.Mine = there.UID == os.Getuid() || subordinate(there.UID)
	var fs unix.Statfs_t
	there.Share = unix.Fstatfs(fd, &fs) == nil && shares[int64(fs.Type)]
	return there, true
}

// evalSymlinks is filepath.EvalSymlinks of an absolute path by one walk of the kernel's:
// links to long paths, as anybody can make, would otherwise cost a call for each part of each.
func evalSymlinks(p string) (string, error) {
	if !filepath.IsAbs(p) {
		return filepath.EvalSymlinks(p)
	}
	fd, err := unix.Open(p, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", &os.PathError{Op: "open", Path: p, Err: err}
	}
	defer unix.Close(fd)
	var there, again unix.Stat_t
	if err := unix.Fstat(fd, &there); err != nil {
		return "", err
	}
	real, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(fd))
	if err != nil || unix.Lstat(real, &again) != nil || again.Dev != there.Dev || again.Ino != there.Ino {
		return filepath.EvalSymlinks(p) // without proc(5), or removed meanwhile
	}
	return real, nil
}

// mountPoints are those that this process has.
func mountPoints() (points []string) {
	mounts, _ := mountinfo.Own()
	for _, m := range mounts {
		points = append(points, m.Point)
	}
	return points
}

func missing(err error) look.Path {
	if err == unix.ENOENT {
		return look.Path{}
	}
	return look.Path{Err: err}
}

// shares are file systems of which an engine may have a mount of its own that holds the
// same files, under another device number (statfs(2)).
var shares = map[int64]bool{
	unix.NFS_SUPER_MAGIC:  true,
	unix.CIFS_SUPER_MAGIC: true,
	unix.SMB2_SUPER_MAGIC: true,
	unix.SMB_SUPER_MAGIC:  true,
	unix.V9FS_MAGIC:       true,
	unix.CEPH_SUPER_MAGIC: true,
	unix.AFS_SUPER_MAGIC:  true,
	unix.CODA_SUPER_MAGIC: true,
}

// kernel names this start of the kernel (random(4)) and this process's user namespace
// (user_namespaces(7)), "" where that cannot be told.
func kernel() (boot, uidMap string) {
	const file = "/proc/sys/kernel/random/boot_id"
	var fs unix.Statfs_t
	id, err := os.ReadFile(file)
	if err != nil {
		return "", ""
	}
	if unix.Statfs(file, &fs) != nil || fs.Type != unix.PROC_SUPER_MAGIC { // LXC mounts a file of its own
		id = []byte(wire.OtherBoot)
	}
	ids, _ := os.ReadFile("/proc/self/uid_map")
	return strings.TrimSpace(string(id)), string(ids)
}
