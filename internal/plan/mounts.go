package plan

import (
	"fmt"
	"path"
	"slices"
	"unicode/utf8"

	"ctenv/internal/config"
	"ctenv/internal/mistake"
	"ctenv/internal/wire"
)

// isSystemDir says that p is never relabelled for SELinux, nor given away: that would break
// the host.
func isSystemDir(p string) bool { return p == "/root" || wire.IsSystemDir(p) }

// buildMounts turns the volumes into mounts: missing optional ones are left out,
// the later of two on one target wins, and mount points that would be made
// inside the host's files are found.
func (d *Draft) buildMounts(p *Plan, seen Seen) error {
	d.files = map[string]bool{}
	d.homes = []string{d.home()}
	if there := seen.Paths[d.home()]; there.Exists {
		d.homes = append(d.homes, there.Real)
	}
	kept, err := d.keptVolumes(p, seen)
	if err != nil {
		return err
	}
	all := slices.Concat(kept, d.others)
	if err := d.buildInit(p, all, seen); err != nil {
		return err
	}
	for _, sp := range d.others {
		m := Mount{Target: sp.target, ReadOnly: sp.readOnly}
		if !sp.named {
			m.Type, m.Source = MountBind, sp.host
			if err := d.hostFile(sp, seen.Paths[sp.host], "make it first"); err != nil {
				return err
			}
			d.bind(p, sp, seen.Paths[sp.host])
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
	for _, sp := range d.others {
		p.Request.Mounts = append(p.Request.Mounts, wire.Text(sp.target))
		if err := d.mountPoint(p, seen, all, sp); err != nil {
			return err
		}
	}
	return nil
}

// keptVolumes are the volumes that are mounted, checked against what is on the host.
func (d *Draft) keptVolumes(p *Plan, seen Seen) (kept []spec, err error) {
	index := map[string]int{}
	for _, sp := range d.volumes {
		if d.leavesAway(sp, seen) {
			continue
		}
		if there := seen.Paths[sp.host]; !sp.named {
			if !there.Exists && there.Err == nil && sp.optional {
				p.Notes = append(p.Notes, fmt.Sprintf("%s: %q does not exist; left out, since it is optional", sp.key, sp.host))
				continue
			}
			if err := d.checkHost(p, sp, seen); err != nil {
				return nil, err
			}
		}
		if sp.key == repositoryKey {
			p.Notes = append(p.Notes, fmt.Sprintf("%s: %q is mounted at %s too, so that git works", sp.key, sp.host, sp.target))
		}
		for _, name := range []string{sp.real(seen), sp.target} {
			if !utf8.ValidString(name) {
				return nil, &config.Error{Pos: sp.at.Pos, Msg: fmt.Sprintf("%s: %q is not UTF-8, and no engine takes such a path", sp.key, name),
					Hint: "rename it, or mount a directory above it"}
			}
		}
		if i, ok := index[sp.target]; ok {
			p.Notes = append(p.Notes, fmt.Sprintf("%s: %q takes the place of %q at %s", sp.key, sp.host, kept[i].host, sp.target))
			kept[i] = sp
			continue
		}
		index[sp.target] = len(kept)
		kept = append(kept, sp)
	}
	return kept, nil
}

// checkHost checks the path on the host that a volume names.
func (d *Draft) checkHost(p *Plan, sp spec, seen Seen) error {
	there := seen.Paths[sp.host]
	missing := sp.isMissing(there)
	if missing {
		d.noteMissing(p, sp)
	} else if err := d.hostFile(sp, there, "make it first, or add the option create to have it made, or optional to go on without it"); err != nil {
		return err
	}
	if sp.chown && !missing {
		if err := d.mayChown(p, sp, there); err != nil {
			return err
		}
	}
	if sp.key == "subpaths" {
		project := seen.Paths[d.host.ProjectDir].Real
		if _, ok := below(project, there.Real); !ok {
			return mistake.At(sp.at, sp.key, "%q, which is %q, resolves outside project %q", sp.host, there.Real, project)
		}
	}
	return nil
}

// addMount adds a volume's mount, and what ctenv-init has to know of it.
func (d *Draft) addMount(p *Plan, sp spec, seen Seen) {
	m := Mount{Type: MountBind, Source: sp.real(seen), Target: sp.target, ReadOnly: sp.readOnly,
		Propagation: sp.propagation, Consistency: sp.consistency, NoCopy: sp.noCopy, Podman: sp.podman}
	if sp.named {
		m.Type = MountVolume
	} else {
		m.Relabel = d.relabel(sp, m.Source)
		d.bind(p, sp, seen.Paths[sp.host])
	}
	p.Mounts = append(p.Mounts, m)
	p.Request.Mounts = append(p.Request.Mounts, wire.Text(sp.target))
	if !sp.chown {
		return
	}
	p.Request.Chown = append(p.Request.Chown, wire.Text(sp.target))
	if !sp.named {
		p.Request.Owners = append(p.Request.Owners, wire.Owner{Target: wire.Text(sp.target), UID: seen.Paths[sp.host].UID})
	}
}

// isMissing says that a directory has to be made, by the option create.
func (sp spec) isMissing(there Path) bool { return sp.create && !there.Exists && there.Err == nil }

// noteMissing: whoever runs the plan makes it before. A line that is printed does not.
func (d *Draft) noteMissing(p *Plan, sp spec) {
	d.files[sp.host] = false
	if d.host.HideEnv {
		p.Warnings = append(p.Warnings, fmt.Sprintf("make the directory %q before you paste this line: it is missing", sp.host))
	}
}

// Missing are the directories that have to be made before Build, once they are allowed:
// those of mounts with the option create, by the real paths that they were judged by.
func (d *Draft) Missing(seen Seen) []string {
	var all []string
	for _, sp := range d.volumes {
		if there := seen.Paths[sp.host]; !sp.named && sp.isMissing(there) {
			all = append(all, there.Real)
		}
	}
	return all
}

// hostFile takes note of what a mount's path on the host is; hint is the way out
// where there is none.
func (d *Draft) hostFile(sp spec, there Path, hint string) error {
	switch {
	case there.Err != nil:
		return mistake.At(sp.at, sp.key, "%q: %v", sp.host, there.Err)
	case !there.Exists:
		return &config.Error{Pos: sp.at.Pos, Msg: fmt.Sprintf("%s: %q does not exist", sp.key, sp.host), Hint: hint}
	}
	d.files[sp.host] = !there.Dir
	d.files[there.Real] = !there.Dir
	return nil
}

// mountPoint notes the mount point of sp when it lies in a bind mount and does
// not exist yet. The engine follows the symlinks on the way to it, and who can
// write to the project can make one: it must not decide what is covered.
func (d *Draft) mountPoint(p *Plan, seen Seen, all []spec, sp spec) error {
	var outer *spec
	for i := range all {
		rel, ok := below(all[i].target, sp.target)
		if ok && rel != "." && (outer == nil || len(all[i].target) > len(outer.target)) {
			outer = &all[i]
		}
	}
	if outer == nil || outer.named || d.files[outer.host] {
		return nil
	}
	in, _ := mountPointIn(*outer, sp.target)
	if link, ok := seen.Escapes[in]; ok {
		return &config.Error{Pos: sp.at.Pos,
			Msg:  fmt.Sprintf("%s: %q cannot be a mount point: the symlink %q leads to %q, out of %q", sp.key, sp.target, link.Path, link.Target, outer.host),
			Hint: escapeHint(sp, link, seen)}
	}
	point := path.Join(in.Root, in.Rel)
	file := !sp.named && d.files[sp.host]
	if there := seen.Paths[point]; there.Exists {
		// A tmpfs or a volume of run_args has no host here, and may be either.
		if sp.host != "" && there.Dir == file {
			return mistake.At(sp.at, sp.key, "%s", kinds(point, there.Dir, sp))
		}
		return nil
	}
	if outer.readOnly {
		return &config.Error{Pos: sp.at.Pos,
			Msg:  fmt.Sprintf("%s: %s needs a mount point in %s, which is mounted read-only from %q", sp.key, sp.target, outer.target, outer.host),
			Hint: fmt.Sprintf("make %q first, or mount %s writable", point, outer.target)}
	}
	p.HostPaths = append(p.HostPaths, HostPath{Root: outer.real(seen), Rel: in.Rel, File: file})
	return nil
}

// escapeHint is what to write instead of a mount point through a symlink that leads out.
func escapeHint(sp spec, link Link, seen Seen) string {
	if real := seen.Paths[sp.host].Real; link.Path == sp.host && real != "" {
		return fmt.Sprintf("write %q, where the symlink leads to", real)
	}
	return "remove the symlink, or mount at another place"
}

// kinds says that a file and a directory cannot be mounted on one another.
func kinds(point string, directory bool, sp spec) string {
	if directory {
		return fmt.Sprintf("%q is a file, but its mount point %q is a directory", sp.host, point)
	}
	return fmt.Sprintf("%s cannot be mounted there: its mount point %q is a file", sp.target, point)
}

// relabel decides on SELinux labels: only where the host runs SELinux, and never
// for the home directory or a system directory, which other programs need. real is
// where symlinks lead sp's path to.
func (d *Draft) relabel(sp spec, real string) string {
	if !d.host.SELinux {
		return ""
	}
	for _, p := range []string{sp.host, real} {
		if slices.Contains(d.homes, p) || d.system(p) {
			return ""
		}
	}
	if sp.options.relabel != "" {
		return sp.options.relabel
	}
	return "z"
}

// home is the caller's, by name.
func (d *Draft) home() string { return path.Clean(string(d.host.User.Home)) }

// system tells whether a path on the host is one that the machine itself needs: a
// system directory, something in one that holds nobody's own files, or a directory
// above the home.
func (d *Draft) system(p string) bool {
	if isSystemDir(p) {
		return true
	}
	for _, f := range []string{"/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/run", "/sbin", "/sys", "/usr"} {
		if _, ok := below(f, p); ok {
			return true
		}
	}
	return slices.ContainsFunc(d.homes, func(home string) bool {
		rel, ok := below(p, home)
		return ok && rel != "."
	})
}
