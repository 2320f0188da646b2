package decide

import (
	"slices"
	"strings"

	"ctenv/internal/look"
	"ctenv/internal/plan"
)

// warnOfPaths says which variables name files of the caller's that the container does not have.
func (d *decision) warnOfPaths(p *plan.Plan, seen look.Seen) {
	if d.Settings.EnvPaths.V {
		return
	}
	var names []string
	for _, sp := range d.EnvPaths() {
		if there := seen.Paths[sp.Host]; there.Regular && there.Mine && !d.Visible(sp.Host) && !slices.Contains(names, sp.At.V) {
			names = append(names, sp.At.V)
		}
	}
	if len(names) > 0 {
		p.Warnings = append(p.Warnings, "env passes the paths of files that the container does not have ("+strings.Join(names, ", ")+"); env_paths = true mounts them")
	}
}
