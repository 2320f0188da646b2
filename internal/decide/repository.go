package decide

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

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
	if missing := d.missingObjects(p, seen); len(missing) > 0 {
		for i, dir := range missing {
			missing[i] = strconv.Quote(dir)
		}
		p.Warnings = append(p.Warnings, fmt.Sprintf("git: the repository borrows from %s, which is not mounted there, so git will not work in the container; "+
			"volumes can mount what you know", strings.Join(missing, ", ")))
	}
}

// missingObjects are those that a repository in the container borrows, and that are not
// where it looks for them. It warns of what cannot be told.
func (d *decision) missingObjects(p *plan.Plan, seen look.Seen) (missing []string) {
	places := 0
	for _, b := range seen.Borrowed {
		for _, from := range placesOf(p, b.From, seen) {
			if places++; places > maxPlaces {
				return missing
			}
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
	return missing
}

// shows says whether a path of the host, its symlinks resolved, is what the container
// has at target.
func shows(p *plan.Plan, target, host string, seen look.Seen) bool {
	m, rel, ok := mountOver(p, target)
	return ok && m.Type == plan.MountBind && path.Join(real(m.Source, seen), rel) == host
}
