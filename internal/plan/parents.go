package plan

import (
	"path"
	"slices"
	"strings"

	"ctenv/internal/wire"
)

// parents are the directories on the way to a mount that an engine makes as root where the
// image lacks them, outermost first, and that may be the caller's: not those below the
// home, which are so anyway, nor those of the system.
func (d *Draft) parents(target string) []string {
	var all []string
	for dir := path.Dir(target); dir != "/"; dir = path.Dir(dir) {
		if _, home := below(d.home(), dir); !home && !systemParent(dir) {
			all = append(all, dir)
		}
	}
	slices.Reverse(all)
	return all
}

// systemParent says that a directory is never the caller's: a system directory or one in
// those that hold an image's programs and settings.
func systemParent(dir string) bool {
	if isSystemDir(dir) {
		return true
	}
	top := "/" + strings.SplitN(dir, "/", 3)[1]
	return slices.Contains([]string{"/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/sbin", "/sys", "/usr"}, top)
}

// buildParents notes the directories on the way to mounts that are the caller's on the
// host, with their mode there, and those that do not exist there.
func (d *Draft) buildParents(p *Plan, seen Seen) {
	for _, target := range p.Request.Mounts {
		for _, dir := range d.parents(string(target)) {
			if slices.ContainsFunc(p.Request.Mounts, func(m wire.Text) bool { _, in := below(string(m), dir); return in }) {
				continue // in a mount, so not the engine's to make
			}
			there := seen.Paths[dir]
			parent := wire.Parent{Path: wire.Text(dir)}
			switch {
			case there.Exists && there.Dir && there.UID == d.host.User.UID:
				parent.Mode = there.Mode
			case there.Exists || there.Err != nil:
				continue
			}
			if !slices.Contains(p.Request.Parents, parent) {
				p.Request.Parents = append(p.Request.Parents, parent)
			}
		}
	}
}
