package decide

import (
	"fmt"
	"path"
	"slices"

	"ctenv/internal/look"
	"ctenv/internal/plan"
)

// warnOfRepository says once what of git will not work.
func (d *decision) warnOfRepository(p *plan.Plan, seen look.Seen) {
	if r := d.Host.Repository; r != nil && r.Unproven != "" {
		if _, ok := d.GitFile(); ok && !shows(p, d.GitPlace(r.Names[0]), r.Dir, seen) {
			p.Warnings = append(p.Warnings, fmt.Sprintf("%q names %q, %s; it is not mounted, so git will not work in the container",
				r.File, r.Written, r.Unproven))
			return
		}
	}
	var missing []string
	for _, b := range seen.Borrowed {
		for _, from := range placesOf(p, b.From, seen) {
			if b.Err != nil {
				p.Warnings = append(p.Warnings, fmt.Sprintf("git: %q says whose objects the repository borrows, and cannot be read: %v; "+
					"what is not mounted of them, git will miss in the container", b.Path, b.Err))
				break
			}
			at := b.Path
			if !path.IsAbs(at) {
				at = path.Join(from, at)
			}
			if at = path.Clean(at); !shows(p, at, b.Real, seen) && !slices.Contains(missing, b.Real) {
				missing = append(missing, b.Real)
			}
		}
	}
	if len(missing) > 0 {
		p.Warnings = append(p.Warnings, fmt.Sprintf("git: the repository borrows from %q, which is not mounted there, so git will not work in the container; "+
			"volumes can mount what you know", missing))
	}
}

// shows says whether a path of the host, its symlinks resolved, is what the container
// has at target.
func shows(p *plan.Plan, target, host string, seen look.Seen) bool {
	m, rel, ok := mountOver(p, target)
	return ok && m.Type == plan.MountBind && path.Join(real(m.Source, seen), rel) == host
}
