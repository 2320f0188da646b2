package decide

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"ctenv/internal/below"
	"ctenv/internal/look"
	"ctenv/internal/plan"
	"ctenv/internal/shellquote"
	"ctenv/internal/wire"
)

// buildWorkdir chooses where the command starts. The engine itself is given only
// a directory that a mount makes: it would make any other one as root, on the host
// where that lies in a bind mount. ctenv-init goes the rest of the way. It is the user
// there, where an engine is a root that some engines' directories are closed to.
func (d *decision) buildWorkdir(p *plan.Plan, seen look.Seen, facts look.Facts) {
	dir := d.Workdir()
	if _, ok := d.PlaceInProject(); !ok && d.AutoWorkdir() && d.Host.ByPwd {
		p.Warnings = append(p.Warnings, fmt.Sprintf("%q leads out of the project, to %q, which is not mounted with it; the command starts in %s",
			d.Host.Pwd, d.Host.Cwd, dir))
	}
	p.Request.Workdir = wire.Text(dir)
	p.Request.WorkdirHint = wire.Text(d.workdirHint(dir, seen, facts))
	p.WorkingDir = "/"
	for _, m := range p.Mounts {
		_, ok := below.Rel(m.Target, dir)
		if ok && m.Type == plan.MountBind && len(m.Target) > len(p.WorkingDir) && utf8.ValidString(m.Target) && !d.isFile(m) &&
			seen.Paths[m.Source].ByGroup == "" {
			p.WorkingDir = m.Target
		}
	}
}

// isFile says whether a mount cannot be a working directory.
func (d *decision) isFile(m plan.Mount) bool { return wire.IsInit(m.Target) || d.files[m.Source] }

// workdirHint is the way out where the command's directory cannot be entered, "" where none
// is known. Whether it can is for the container to see: an access control list may
// give what the mode does not.
func (d *decision) workdirHint(dir string, seen look.Seen, facts look.Facts) string {
	for _, directory := range d.WorkdirDirs(dir) {
		there := seen.Paths[directory]
		switch {
		case there.ByGroup == "" || there.UID == d.Host.User.UID:
		case facts.Rootless:
			return fmt.Sprintf("only the group %q may enter %q, and a rootless engine cannot take it along; the owner lets you in by name with: %s",
				there.ByGroup, directory, shellquote.Line([]string{"setfacl", "-R", "-m", "u:" + string(d.Host.User.Name) + ":rwX", directory}))
		case !slices.ContainsFunc(d.User.Groups, func(g wire.Group) bool { return g.GID == there.GID }):
			return fmt.Sprintf("only the group %q may enter %q; groups = [%q] takes it along", there.ByGroup, directory, there.ByGroup)
		}
	}
	return ""
}
