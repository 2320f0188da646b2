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
	"strings"

	"golang.org/x/sys/unix"

	"ctenv/internal/hint"
	"ctenv/internal/mountinfo"
	"ctenv/internal/privilege"
	"ctenv/internal/saferoot"
	"ctenv/internal/wire"
)

// Check compares the bind mounts with what ctenv saw of them on the host: device and
// inode, which are the same in every mount and user namespace of one kernel. Nothing
// of the project is used before that. On another kernel, as in a virtual machine or a
// sandbox that has one of its own, the numbers mean nothing and nothing is compared.
// An error names the mount and has the way out.
//
// Each has to be a mount of its own. A name proves nothing: a target in the project can be
// moved away with what the engine has mounted there, and what was looked at put in its place.
func Check(req *wire.Request, points Points) (did string, err error) {
	if len(req.Binds) == 0 {
		return "", nil
	}
	mounted, err := mountinfo.Own()
	if err != nil {
		return "", fmt.Errorf("what is mounted cannot be told: %w", err)
	}
	if err := misplaced(req, points, mounted); err != nil {
		return "", err
	}
	if same, err := sameKernel(req, mounted); err != nil || !same {
		return "not compared, since this is another kernel than ctenv's", err
	}
	for _, b := range req.Binds {
		at := points[b.Target]
		if err := compare(req, b, at); err != nil {
			return "", err
		}
		if at.Mount == 0 || !enough(req, points, mounted, at.Mount) {
			return "", exchanged(req, b)
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
	if len(req.Binds) == 0 {
		return nil
	}
	mounted, err := mountinfo.Own()
	if err != nil {
		return err
	}
	if same, err := sameKernel(req, mounted); err != nil || !same {
		return err
	}
	for _, b := range req.Binds {
		at := look(req, b.Target)
		if at.err == nil && at.stat.Mode&unix.S_IFMT != unix.S_IFDIR {
			continue
		}
		if err := compare(req, b, at); err != nil {
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
// should be, /var/run to /run, but for what the kernel says in /proc.
func misplaced(req *wire.Request, points Points, mounted []mountinfo.Mount) error {
	directories := map[uint64]wire.Bind{}
	targets := append(slices.Clip(req.Mounts), wire.Text(req.InitPath()), wire.Text(req.StreamsPath()))
	for _, b := range req.Binds {
		targets = append(targets, b.Target) // the agent's socket is no mount of the caller's
		if id := points[b.Target].Mount; id != 0 {
			directories[id] = b
		}
	}
	for _, target := range targets {
		ids, err := saferoot.MountsAt([]string{string(target)})
		if err != nil || len(ids) != 1 {
			continue
		}
		m, known := mountinfo.Of(mounted, ids[0])
		if !known {
			continue
		}
		point := m.Point
		if points[target].Mount == m.ID && wire.OfKernel(point) && point != path.Clean(string(target)) {
			return hint.With(fmt.Errorf("a symlink of the image leads %s to %s, where the kernel says what is mounted", target, point), "use another image")
		}
		directory, inside := directories[m.Parent]
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

// enough says whether a mount is there for each bind mount whose target leads to it. With
// symlinks of the image two targets are one place, where two mounts of one directory lie one
// over the other.
func enough(req *wire.Request, points Points, mounted []mountinfo.Mount, id uint64) bool {
	top, _ := mountinfo.Of(mounted, id)
	there := 0
	for _, m := range mounted {
		if m.Point == top.Point && m.Root == top.Root {
			there++
		}
	}
	for _, b := range req.Binds {
		if points[b.Target].Mount == id {
			there--
		}
	}
	return there >= 0
}

// compare says whether a mount is of what was seen on the host.
func compare(req *wire.Request, b wire.Bind, at Point) error {
	if at.err != nil {
		return hint.With(fmt.Errorf("%q of the host, mounted at %q: %w", b.Source, b.Target, at.err),
			"on a file system of FUSE the option allow_other lets containers in, on NFS no_root_squash")
	}
	if at.stat.Ino != b.Ino || b.Dev != 0 && at.stat.Dev != b.Dev {
		return exchanged(req, b)
	}
	return unmapped(req, b, int(at.stat.Uid))
}

func exchanged(req *wire.Request, b wire.Bind) error {
	return hint.With(fmt.Errorf("%q of the host is not what is mounted at %q: it was exchanged meanwhile, or the engine sees something else there", b.Source, b.Target),
		req.BindHint)
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
