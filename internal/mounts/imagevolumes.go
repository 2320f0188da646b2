//go:build linux

package mounts

import (
	"path"
	"strings"

	"ctenv/internal/mountinfo"
	"ctenv/internal/saferoot"
	"ctenv/internal/wire"
)

// anonymousID is the length of the name that engines give a volume without one.
const anonymousID = 64

// AdoptVolumes takes the volumes that the image declares for the container's own file
// system, and returns where they are: engines make them for this container alone. None
// is adopted that is one of the caller's mounts.
func AdoptVolumes(r *saferoot.Root) []wire.Text {
	mounted, _ := mountinfo.Own()
	var points []wire.Text
	for _, m := range mounted {
		if anonymousVolume(m.Root) && !wire.IsDir(m.Point) && !r.Foreign(m.ID) {
			r.Mounts = append(r.Mounts, m.ID)
			points = append(points, wire.Text(m.Point))
		}
	}
	return points
}

// anonymousVolume says whether a directory that is mounted is one: both engines keep them in
// ID/_data.
func anonymousVolume(root string) bool {
	name := path.Base(path.Dir(root))
	return path.Base(root) == "_data" && len(name) == anonymousID && strings.Trim(name, "0123456789abcdef") == ""
}
