package plan

import (
	"fmt"
	"path"
	"slices"
	"unicode/utf8"

	"ctenv/internal/shellquote"
	"ctenv/internal/wire"
)

// buildWorkdir chooses where the command starts. The engine itself is given only
// a directory that a mount makes: it would make any other one as root, on the host
// where that lies in a bind mount. ctenv-init goes the rest of the way. It is the user
// there, where an engine is a root that some engines' directories are closed to.
func (d *Draft) buildWorkdir(p *Plan, seen Seen, facts Facts) {
	dir := d.workdir()
	if _, ok := d.placeInProject(); !ok && d.autoWorkdir() && d.host.ByPwd {
		p.Warnings = append(p.Warnings, fmt.Sprintf("%q leads out of the project, to %q, which is not mounted with it; the command starts in %s",
			d.host.Pwd, d.host.Cwd, dir))
	}
	p.Request.Workdir = wire.Text(dir)
	p.Request.WorkdirHint = wire.Text(d.workdirHint(dir, seen, facts))
	p.WorkingDir = "/"
	for _, m := range p.Mounts {
		_, ok := below(m.Target, dir)
		if ok && m.Type == MountBind && len(m.Target) > len(p.WorkingDir) && utf8.ValidString(m.Target) && !d.isFile(m) &&
			seen.Paths[m.Source].ByGroup == "" {
			p.WorkingDir = m.Target
		}
	}
}

func (d *Draft) autoWorkdir() bool { return d.c.Workdir.V == "auto" || d.c.Workdir.V == "" }

// workdir is the container's directory in which the command starts.
func (d *Draft) workdir() string {
	if !d.autoWorkdir() {
		return d.c.Workdir.V
	}
	rel, _ := d.placeInProject()
	return path.Join(d.target, rel)
}

// isFile says whether a mount cannot be a working directory.
func (d *Draft) isFile(m Mount) bool { return wire.IsInit(m.Target) || d.files[m.Source] }

// placeInProject is the caller's current directory below the project.
func (d *Draft) placeInProject() (string, bool) {
	h := d.host
	if h.ProjectDir == "" {
		return "", false
	}
	return below(h.ProjectDir, h.Cwd)
}

// workdirDirs are the host's directories that have to be entered on the way to dir, from the
// root of the mount that it lies in.
func (d *Draft) workdirDirs(dir string) []string {
	var outer spec
	for _, sp := range d.mounted() {
		if _, ok := below(sp.target, dir); ok && len(sp.target) >= len(outer.target) {
			outer = sp
		}
	}
	if outer.host == "" || outer.named {
		return nil
	}
	rel, _ := below(outer.target, dir)
	var all []string
	for ; rel != "."; rel = path.Dir(rel) {
		all = append(all, path.Join(outer.host, rel))
	}
	all = append(all, outer.host)
	slices.Reverse(all)
	return all
}

// workdirHint is the way out where the command's directory cannot be entered, "" where none
// is known. Whether it can is for the container to see: an access control list may
// give what the mode does not.
func (d *Draft) workdirHint(dir string, seen Seen, facts Facts) string {
	for _, directory := range d.workdirDirs(dir) {
		there := seen.Paths[directory]
		switch {
		case there.ByGroup == "" || there.UID == d.host.User.UID:
		case facts.Rootless:
			return fmt.Sprintf("only the group %q may enter %q, and a rootless engine cannot take it along; the owner lets you in by name with: %s",
				there.ByGroup, directory, shellquote.Line([]string{"setfacl", "-R", "-m", "u:" + string(d.host.User.Name) + ":rwX", directory}))
		case !slices.ContainsFunc(d.user.Groups, func(g wire.Group) bool { return g.GID == there.GID }):
			return fmt.Sprintf("only the group %q may enter %q; groups = [%q] takes it along", there.ByGroup, directory, there.ByGroup)
		}
	}
	return ""
}
