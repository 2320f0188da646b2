package decide

import (
	"fmt"
	"path"
	"slices"
	"unicode/utf8"

	"ctenv/internal/below"
	"ctenv/internal/config"
	"ctenv/internal/expand"
	"ctenv/internal/look"
	"ctenv/internal/mistake"
	"ctenv/internal/plan"
	"ctenv/internal/volume"
	"ctenv/internal/wire"
)

// buildMounts turns the volumes into mounts: missing optional ones are left out,
// the later of two on one target wins, and mount points that would be made
// inside the host's files are found.
func (d *decision) buildMounts(p *plan.Plan, seen look.Seen) error {
	d.homes = d.Homes(seen)
	kept, err := d.keptVolumes(p, seen)
	if err != nil {
		return err
	}
	all := slices.Concat(kept, d.Others)
	if err := d.buildInit(p, all, seen); err != nil {
		return err
	}
	for _, sp := range d.Others {
		m := plan.Mount{Target: sp.Target, ReadOnly: sp.ReadOnly}
		if !sp.Named {
			m.Type, m.Source = plan.MountBind, sp.Host
			if err := d.hostFile(sp, seen.Paths[sp.Host], "make it first"); err != nil {
				return err
			}
			d.bind(p, sp, seen.Paths[sp.Host])
		}
		p.Others = append(p.Others, m)
	}
	for _, sp := range kept {
		d.addMount(p, sp, seen)
		if err := d.mountPoint(p, seen, all, sp); err != nil {
			return err
		}
	}
	d.buildAgent(p, seen)
	d.warnOfPaths(p, seen)
	for _, sp := range d.Others {
		p.Request.Mounts = append(p.Request.Mounts, wire.Text(sp.Target))
		if err := d.mountPoint(p, seen, all, sp); err != nil {
			return err
		}
	}
	return nil
}

// keptVolumes are the volumes that are mounted, checked against what is on the host.
func (d *decision) keptVolumes(p *plan.Plan, seen look.Seen) (kept []volume.Spec, err error) {
	index := map[string]int{}
	for _, sp := range d.Volumes {
		if d.LeavesAway(sp, seen) {
			continue
		}
		if there := seen.Paths[sp.Host]; !sp.Named {
			if !there.Exists && there.Err == nil && sp.Optional {
				p.Notes = append(p.Notes, fmt.Sprintf("%s: %q does not exist; left out, since it is optional", sp.Key, sp.Host))
				continue
			}
			if err := d.checkHost(p, sp, seen); err != nil {
				return nil, err
			}
		}
		if sp.Key == expand.RepositoryKey {
			p.Notes = append(p.Notes, fmt.Sprintf("%s: %q is mounted at %s too, so that git works", sp.Key, sp.Host, sp.Target))
		}
		for _, name := range []string{source(sp, seen), sp.Target} {
			if !utf8.ValidString(name) {
				return nil, &config.Error{Pos: sp.At.Pos, Msg: fmt.Sprintf("%s: %q is not UTF-8, and no engine takes such a path", sp.Key, name),
					Hint: "rename it, or mount a directory above it"}
			}
		}
		if i, ok := index[sp.Target]; ok {
			p.Notes = append(p.Notes, fmt.Sprintf("%s: %q takes the place of %q at %s", sp.Key, sp.Host, kept[i].Host, sp.Target))
			kept[i] = sp
			continue
		}
		index[sp.Target] = len(kept)
		kept = append(kept, sp)
	}
	return kept, nil
}

// checkHost checks the path on the host that a volume names.
func (d *decision) checkHost(p *plan.Plan, sp volume.Spec, seen look.Seen) error {
	there := seen.Paths[sp.Host]
	missing := isMissing(sp, there)
	if missing {
		d.noteMissing(p, sp)
	} else if err := d.hostFile(sp, there, "make it first, or add the option create to have it made, or optional to go on without it"); err != nil {
		return err
	}
	if sp.Chown && !missing {
		if err := d.mayChown(p, sp, there); err != nil {
			return err
		}
	}
	if sp.Key == "subpaths" {
		project := seen.Paths[d.Host.ProjectDir].Real
		if _, ok := below.Rel(project, there.Real); !ok {
			return mistake.At(sp.At, sp.Key, "%q, which is %q, resolves outside project %q", sp.Host, there.Real, project)
		}
	}
	return nil
}

// addMount adds a volume's mount, and what ctenv-init has to know of it.
func (d *decision) addMount(p *plan.Plan, sp volume.Spec, seen look.Seen) {
	m := plan.Mount{Type: plan.MountBind, Source: source(sp, seen), Target: sp.Target, ReadOnly: sp.ReadOnly,
		Propagation: sp.Propagation, Consistency: sp.Consistency, NoCopy: sp.NoCopy, Podman: sp.Podman}
	if sp.Named {
		m.Type = plan.MountVolume
	} else {
		m.Relabel = d.Relabel(sp, m.Source, d.homes)
		d.bind(p, sp, seen.Paths[sp.Host])
	}
	p.Mounts = append(p.Mounts, m)
	p.Request.Mounts = append(p.Request.Mounts, wire.Text(sp.Target))
	if !sp.Chown {
		return
	}
	p.Request.Chown = append(p.Request.Chown, wire.Text(sp.Target))
	o := wire.Owner{Target: wire.Text(sp.Target)}
	if sp.Named {
		o.Volume = sp.Host
	} else {
		o.UID = seen.Paths[sp.Host].UID
	}
	p.Request.Owners = append(p.Request.Owners, o)
}

// isMissing says that a directory has to be made, by the option create.
func isMissing(sp volume.Spec, there look.Path) bool {
	return sp.Create && !there.Exists && there.Err == nil
}

// noteMissing: whoever runs the plan makes it before. A line that is printed does not.
func (d *decision) noteMissing(p *plan.Plan, sp volume.Spec) {
	d.files[sp.Host] = false
	if d.Host.HideEnv {
		p.Warnings = append(p.Warnings, fmt.Sprintf("make the directory %q before you paste this line: it is missing", sp.Host))
	}
}

// Missing are the directories that have to be made before Plan, once they are allowed:
// those of mounts with the option create, by the real paths that they were judged by.
func Missing(d *expand.Draft, seen look.Seen) []string {
	var all []string
	for _, sp := range d.Volumes {
		if there := seen.Paths[sp.Host]; !sp.Named && isMissing(sp, there) {
			all = append(all, there.Real)
		}
	}
	return all
}

// hostFile takes note of what a mount's path on the host is; hint is the way out
// where there is none.
func (d *decision) hostFile(sp volume.Spec, there look.Path, hint string) error {
	switch {
	case there.Err != nil:
		return mistake.At(sp.At, sp.Key, "%q: %v", sp.Host, there.Err)
	case !there.Exists:
		return &config.Error{Pos: sp.At.Pos, Msg: fmt.Sprintf("%s: %q does not exist", sp.Key, sp.Host), Hint: hint}
	}
	d.files[sp.Host] = !there.Dir
	d.files[there.Real] = !there.Dir
	return nil
}

// mountPoint notes the mount point of sp when it lies in a bind mount and does
// not exist yet. The engine follows the symlinks on the way to it, and who can
// write to the project can make one: it must not decide what is covered.
func (d *decision) mountPoint(p *plan.Plan, seen look.Seen, all []volume.Spec, sp volume.Spec) error {
	var outer *volume.Spec
	for i := range all {
		rel, ok := below.Rel(all[i].Target, sp.Target)
		if ok && rel != "." && (outer == nil || len(all[i].Target) > len(outer.Target)) {
			outer = &all[i]
		}
	}
	if outer == nil || outer.Named || d.files[outer.Host] {
		return nil
	}
	in, _ := volume.PointIn(*outer, sp.Target)
	if link, ok := seen.Escapes[in]; ok {
		return &config.Error{Pos: sp.At.Pos, Beside: outer.At.Pos,
			Msg:  fmt.Sprintf("%s: %q cannot be a mount point: the symlink %q leads to %q, out of %q", sp.Key, sp.Target, link.Path, link.Target, outer.Host),
			Hint: escapeHint(sp, link, seen)}
	}
	point := path.Join(in.Root, in.Rel)
	file := !sp.Named && d.files[sp.Host]
	if there := seen.Paths[point]; there.Exists {
		// A tmpfs or a volume of run_args has no host here, and may be either.
		if sp.Host != "" && there.Dir == file {
			return &config.Error{Pos: sp.At.Pos, Beside: outer.At.Pos, Msg: sp.Key + ": " + kinds(point, there.Dir, sp)}
		}
		return nil
	}
	if outer.ReadOnly {
		return &config.Error{Pos: sp.At.Pos, Beside: outer.At.Pos,
			Msg:  fmt.Sprintf("%s: %s needs a mount point in %s, which is mounted read-only from %q", sp.Key, sp.Target, outer.Target, outer.Host),
			Hint: fmt.Sprintf("make %q first, or mount %s writable", point, outer.Target)}
	}
	p.HostPaths = append(p.HostPaths, plan.HostPath{Root: source(*outer, seen), Rel: in.Rel, File: file})
	return nil
}

// escapeHint is what to write instead of a mount point through a symlink that leads out.
func escapeHint(sp volume.Spec, link look.Link, seen look.Seen) string {
	if real := seen.Paths[sp.Host].Real; link.Path == sp.Host && real != "" {
		return fmt.Sprintf("write %q, where the symlink leads to", real)
	}
	return "remove the symlink, or mount at another place"
}

// kinds says that a file and a directory cannot be mounted on one another.
func kinds(point string, directory bool, sp volume.Spec) string {
	if directory {
		return fmt.Sprintf("%q is a file, but its mount point %q is a directory", sp.Host, point)
	}
	return fmt.Sprintf("%s cannot be mounted there: its mount point %q is a file", sp.Target, point)
}
