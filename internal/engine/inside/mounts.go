package inside

import (
	"path"
	"slices"
	"strings"

	"ctenv/internal/mountinfo"
)

// Mount is one that the engine has made in a container.
type Mount struct {
	Source   string // on the engine's machine
	Target   string // in the container, symlinks resolved
	ReadOnly bool
}

// table are the mounts of this process, in the order in which they were made.
type table []mountinfo.Mount

// ids are what containers that this may be are called by: engines keep what they mount at
// /etc/hostname and its like in a directory with the container's id, and version 1 of cgroups
// shows one. The cgroup's comes first, as a network may be shared, and its files with it.
func (t table) ids() []string {
	var cgroups, files []string
	for _, e := range t {
		for word := range strings.SplitSeq(e.Root, "/") {
			word = strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(word, "docker-"), "libpod-"), ".scope")
			switch {
			case len(word) != 64 || strings.Trim(word, "0123456789abcdef") != "":
			case strings.HasPrefix(e.Point, "/sys/fs/cgroup"):
				cgroups = append(cgroups, word)
			case slices.Contains(engineFiles, e.Point):
				files = append(files, word)
			}
		}
	}
	var all []string
	for _, id := range append(cgroups, files...) {
		if !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	return all
}

// engineFiles are what engines mount unasked.
var engineFiles = []string{"/etc/hostname", "/etc/hosts", "/etc/resolv.conf", "/run/.containerenv"}

// agrees says whether those mounts of a container may be this one's: each is here. closely
// wants its source's name to be what is mounted here, too, which a symlink there has not.
func (t table) agrees(mounts []Mount, closely bool) bool {
	for _, m := range mounts {
		e, found := t.at(m.Target)
		if !found || closely && e.Root != "/" && path.Base(e.Root) != path.Base(m.Source) {
			return false
		}
	}
	return len(mounts) > 0
}

// at is what is mounted at a path, and not covered by another mount there.
func (t table) at(point string) (mountinfo.Mount, bool) {
	for _, e := range slices.Backward(t) {
		if e.Point == point {
			return e, true
		}
	}
	return mountinfo.Mount{}, false
}

// around is the mount point that a path lies at or below.
func (t table) around(file string) string {
	for point := file; ; point = path.Dir(point) {
		if _, found := t.at(point); found || point == "/" || point == "." {
			return point
		}
	}
}

// source is where a path, whose symlinks are resolved, is on the engine's machine. It is not
// there where it lies in none of the engine's mounts.
func (c *Container) source(file string) (m Mount, found bool) {
	point := c.table.around(file)
	for _, m := range c.mounts {
		if m.Target == point {
			return Mount{Source: path.Join(m.Source, strings.TrimPrefix(file, point)), Target: file, ReadOnly: m.ReadOnly}, true
		}
	}
	return Mount{}, false
}

// below are the mounts below a path: whoever mounts it from the engine's machine has to mount
// these, too, to see the same. The upper ones come first.
func (c *Container) below(file string) (all []Mount) {
	for _, m := range c.mounts {
		if strings.HasPrefix(m.Target, strings.TrimSuffix(file, "/")+"/") {
			all = append(all, m)
		}
	}
	slices.SortFunc(all, func(a, b Mount) int { return strings.Compare(a.Target, b.Target) })
	return all
}
