//go:build linux

package mounts

import (
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"ctenv/internal/saferoot"
	"ctenv/internal/wire"
)

// anonymousID is the length of the name that engines give a volume without one.
const anonymousID = 64

// AdoptVolumes takes the volumes that the image declares for the container's own file
// system, and returns where they are: engines make them for this container alone. None
// is adopted that is one of the caller's mounts.
func AdoptVolumes(r *saferoot.Root) []wire.Text {
	info, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil
	}
	found := map[uint64]string{}
	for line := range strings.Lines(string(info)) {
		if id, point, ok := anonymousVolume(line); ok && !wire.IsDir(point) {
			found[id] = point
		}
	}
	if len(found) == 0 {
		return nil
	}
	var points []wire.Text
	for id, point := range found {
		if !slices.Contains(r.Foreign, id) {
			r.Mounts = append(r.Mounts, id)
			points = append(points, wire.Text(point))
		}
	}
	return points
}

// anonymousVolume reads a line of proc_pid_mountinfo(5): the mount's id, its parent, the
// device, the directory that is mounted, and where. Both engines keep an anonymous volume
// in ID/_data.
func anonymousVolume(line string) (id uint64, point string, ok bool) {
	f := strings.Fields(line)
	if len(f) < 5 || path.Base(f[3]) != "_data" {
		return 0, "", false
	}
	name := path.Base(path.Dir(f[3]))
	if len(name) != anonymousID || strings.Trim(name, "0123456789abcdef") != "" {
		return 0, "", false
	}
	id, err := strconv.ParseUint(f[0], 10, 64)
	points := saferoot.MountPoints(line)
	return id, points[0], err == nil && len(points) == 1
}
