package decide

import (
	"path"

	"ctenv/internal/look"
	"ctenv/internal/plan"
	"ctenv/internal/wire"
)

// buildParents notes the directories on the way to mounts that are the caller's on the
// host, with their mode there, and those that do not exist there.
func (d *decision) buildParents(p *plan.Plan, seen look.Seen) {
	mounts := map[string]bool{}
	for _, m := range p.Request.Mounts {
		mounts[string(m)] = true
	}
	// Each directory is asked for once, however many mounts there are.
	done, in := map[string]bool{}, map[string]bool{}
	for _, target := range p.Request.Mounts {
		for _, dir := range d.Parents(string(target)) {
			if done[dir] || inMount(mounts, in, dir) {
				continue // in a mount, so not the engine's to make
			}
			done[dir] = true
			there := seen.Paths[dir]
			parent := wire.Parent{Path: wire.Text(dir)}
			switch {
			case there.Exists && there.Dir && there.UID == d.Host.User.UID:
				parent.Mode = there.Mode
			case there.Exists || there.Err != nil:
				continue
			}
			p.Request.Parents = append(p.Request.Parents, parent)
		}
	}
}

// inMount says whether dir is a mount's place or lies in one, and notes in known what it
// has found out.
func inMount(mounts, known map[string]bool, dir string) bool {
	in, ok := known[dir]
	if !ok {
		in = mounts[dir] || len(dir) > 1 && inMount(mounts, known, path.Dir(dir))
		known[dir] = in
	}
	return in
}
