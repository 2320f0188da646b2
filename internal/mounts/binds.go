//go:build linux

// Package mounts looks at what is mounted in the container: whether it is what ctenv saw on
// the host, where it was asked to be, and what the image's own volumes are.
package mounts

import (
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"ctenv/internal/hint"
	"ctenv/internal/privilege"
	"ctenv/internal/saferoot"
	"ctenv/internal/wire"
)

// Check compares the bind mounts with what ctenv saw of them on the host: device and
// inode, which are the same in every mount and user namespace of one kernel. Nothing
// of the project is used before that. On another kernel, as in a virtual machine or a
// sandbox that has one of its own, the numbers mean nothing and nothing is compared.
// An error names the mount and has the way out.
func Check(req *wire.Request) (did string, err error) {
	if len(req.Binds) == 0 {
		return "", nil
	}
	if err := misplaced(req); err != nil {
		return "", err
	}
	if boot := bootID(); boot == "" || boot != req.Boot {
		return "not compared, since this is another kernel than ctenv's", nil
	}
	for _, b := range req.Binds {
		if err := compare(req, b); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%d as on the host", len(req.Binds)), nil
}

// Still are those of a client's that the container was made with, then, under the same
// name and at the same place: the configuration may have changed since.
func Still(then, now []wire.Bind) (same []wire.Bind) {
	for _, b := range now {
		if slices.ContainsFunc(then, func(t wire.Bind) bool { return t.Target == b.Target && t.Source == b.Source }) {
			same = append(same, b)
		}
	}
	return same
}

// CheckJoined compares what a command that joins sees with what its caller sees now. Of
// files only their names matter: programs replace one by another to change it.
func CheckJoined(req *wire.Request) error {
	if boot := bootID(); boot == "" || boot != req.Boot {
		return nil
	}
	for _, b := range req.Binds {
		var st unix.Stat_t
		if unix.Stat(string(b.Target), &st) == nil && st.Mode&unix.S_IFMT != unix.S_IFDIR {
			continue
		}
		if err := compare(req, b); err != nil {
			return err
		}
	}
	return nil
}

// Writable says whether a directory is there, on a mount that can be written to.
func Writable(dir string, u wire.User) bool {
	var fs unix.Statfs_t
	look := func() error { return unix.Statfs(dir, &fs) }
	err := look()
	if errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM) {
		err = privilege.AsUser(u, look) // as in compare
	}
	return err == nil && fs.Flags&unix.ST_RDONLY == 0
}

// misplaced finds a mount that a symlink of the image has led into a directory of the host:
// there the engine has made its mount point, as root. Elsewhere such links are as they
// should be, /var/run to /run.
func misplaced(req *wire.Request) error {
	info, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil // no /proc, which the image cannot bring about
	}
	directories := map[uint64]wire.Bind{}
	targets := append(slices.Clip(req.Mounts), wire.Text(req.InitPath()), wire.Text(req.StreamsPath()))
	for _, b := range req.Binds {
		targets = append(targets, b.Target) // the agent's socket is no mount of the caller's
		if ids, err := saferoot.MountsAt([]string{string(b.Target)}); err == nil && len(ids) == 1 {
			directories[ids[0]] = b
		}
	}
	for _, target := range targets {
		ids, err := saferoot.MountsAt([]string{string(target)})
		if err != nil || len(ids) != 1 {
			continue
		}
		parent, point := mountPlace(string(info), ids[0])
		directory, inside := directories[parent]
		if !inside || point == path.Clean(string(target)) {
			continue
		}
		// By name too: then the link is the directory's own, and was looked at on the host.
		if strings.HasPrefix(path.Clean(string(target)), path.Clean(string(directory.Target))+"/") {
			continue
		}
		rel, _ := strings.CutPrefix(point, path.Clean(string(directory.Target))+"/")
		left := path.Join(string(directory.Source), rel)
		return hint.With(fmt.Errorf("a symlink of the image leads %s into %q of the host, at %q", target, directory.Source, left),
			fmt.Sprintf("use another image; if %q is new and empty, the engine made it: remove it", left))
	}
	return nil
}

// mountPlace reads in proc_pid_mountinfo(5) where a mount is, and in which one.
func mountPlace(info string, id uint64) (parent uint64, point string) {
	for line := range strings.Lines(info) {
		f := strings.Fields(line)
		if len(f) < 5 || f[0] != strconv.FormatUint(id, 10) {
			continue
		}
		parent, _ = strconv.ParseUint(f[1], 10, 64)
		if points := saferoot.MountPoints(line); len(points) == 1 {
			point = points[0]
		}
	}
	return parent, point
}

// compare looks at one mount. A symlink of the image on the way is followed, as the
// runtime has followed it.
func compare(req *wire.Request, b wire.Bind) error {
	var st unix.Stat_t
	look := func() error { return unix.Stat(string(b.Target), &st) }
	err := look()
	if errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM) {
		// Root of a user namespace, or of another machine than the file server, is nobody.
		err = privilege.AsUser(req.User, look)
	}
	if err != nil {
		return hint.With(fmt.Errorf("%q of the host, mounted at %q: %w", b.Source, b.Target, err),
			"on a file system of FUSE the option allow_other lets containers in, on NFS no_root_squash")
	}
	if st.Ino != b.Ino || b.Dev != 0 && st.Dev != b.Dev {
		return hint.With(fmt.Errorf("%q of the host is not what is mounted at %q: it was exchanged meanwhile, or the engine sees something else there", b.Source, b.Target),
			req.BindHint)
	}
	return unmapped(req, b, int(st.Uid))
}

// unmapped finds an engine that maps ids although its root seems to be the host's
// (docker's userns-remap): the command would run as another user of the host, whom the
// mount does not belong to. Where the mount itself is mapped back, all is well.
func unmapped(req *wire.Request, b wire.Bind, uid int) error {
	if req.UIDMap == "" || uid == b.UID {
		return nil
	}
	here, err := os.ReadFile("/proc/self/uid_map")
	if err != nil || string(here) == req.UIDMap {
		return nil // then it has just got another owner
	}
	return hint.With(fmt.Errorf("the engine maps user ids (userns-remap): %q belongs to uid %d on the host and to %d in here, so files would get a wrong owner", b.Source, b.UID, uid),
		"run_args = [\"--userns=host\"] runs this container without the mapping")
}

// bootID names this start of the kernel, "" where it cannot be told.
func bootID() string {
	fd, err := unix.Open("/proc/sys/kernel/random/boot_id", unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return ""
	}
	defer unix.Close(fd)
	var fs unix.Statfs_t
	if unix.Fstatfs(fd, &fs) != nil || fs.Type != unix.PROC_SUPER_MAGIC {
		return ""
	}
	id, err := saferoot.ReadFD(fd, 64)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(id))
}
