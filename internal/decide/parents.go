package decide

import (
	"slices"

	"ctenv/internal/below"
	"ctenv/internal/look"
	"ctenv/internal/plan"
	"ctenv/internal/wire"
)

// buildParents notes the directories on the way to mounts that are the caller's on the
// host, with their mode there, and those that do not exist there.
func (d *decision) buildParents(p *plan.Plan, seen look.Seen) {
	for _, target := range p.Request.Mounts {
		for _, dir := range d.Parents(string(target)) {
			if slices.ContainsFunc(p.Request.Mounts, func(m wire.Text) bool { _, in := below.Rel(string(m), dir); return in }) {
				continue // in a mount, so not the engine's to make
			}
			there := seen.Paths[dir]
			parent := wire.Parent{Path: wire.Text(dir)}
			switch {
			case there.Exists && there.Dir && there.UID == d.Host.User.UID:
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
