package plan

import (
	"fmt"
	"path"
	"slices"
	"unicode/utf8"

	"ctenv/internal/config"
	"ctenv/internal/wire"
)

// systemFolders are never relabelled for SELinux, nor given away: that would break
// the host.
var systemFolders = []string{"/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib64", "/media", "/mnt", "/opt",
	"/proc", "/root", "/run", "/sbin", "/srv", "/sys", "/tmp", "/usr", "/var"}

// buildMounts turns the volumes into mounts: missing optional ones are left out,
// the later of two on one target wins, and mount points that would be made
// inside the host's files are found.
func (d *Draft) buildMounts(p *Plan, seen Seen) error {
	d.files = map[string]bool{}
	d.homes = []string{d.home()}
	if there := seen.Paths[d.home()]; there.Exists {
		d.homes = append(d.homes, there.Real)
	}
	var kept []spec
	index := map[string]int{}
	for _, sp := range d.volumes {
		if !sp.named {
			there := seen.Paths[sp.host]
			if !there.Exists && there.Err == nil && sp.optional {
				p.Notes = append(p.Notes, fmt.Sprintf("%s: %q does not exist; left out, since it is optional", sp.key, sp.host))
				continue
			}
			if err := d.hostFile(sp, there, "make it first, or add the option optional to go on without it"); err != nil {
				return err
			}
			if sp.chown && (d.system(sp.host) || d.system(there.Real)) {
				return &config.Error{Pos: sp.at.Pos, Msg: fmt.Sprintf("%s: %q: chown would give you %q of this machine", sp.key, sp.at.V, there.Real),
					Hint: "chown is for named volumes and folders of your own; leave it out here"}
			}
			if sp.key == "subpaths" {
				project := seen.Paths[d.host.ProjectDir].Real
				if _, ok := below(project, there.Real); !ok {
					return at(sp.at, sp.key, "%q leads to %q, outside the project %q", sp.host, there.Real, project)
				}
			}
		}
		if sp.key == "git worktree" {
			p.Notes = append(p.Notes, fmt.Sprintf("git worktree: %q is mounted too, so that git works", sp.host))
		}
		if !utf8.ValidString(sp.host) || !utf8.ValidString(sp.target) {
			bad := sp.host
			if utf8.ValidString(bad) {
				bad = sp.target
			}
			return &config.Error{Pos: sp.at.Pos, Msg: fmt.Sprintf("%s: %q is not UTF-8, and no engine takes such a path", sp.key, bad),
				Hint: "rename it, or mount a folder above it"}
		}
		if i, ok := index[sp.target]; ok {
			p.Notes = append(p.Notes, fmt.Sprintf("%s: %q takes the place of %q at %s", sp.key, sp.host, kept[i].host, sp.target))
			kept[i] = sp
			continue
		}
		index[sp.target] = len(kept)
		kept = append(kept, sp)
	}

	init := Mount{Type: MountBind, Source: d.host.InitPath, Target: wire.InitPath, ReadOnly: true}
	if d.host.SELinux {
		init.Relabel = "z" // a container may not read the user's cache otherwise
	}
	p.Mounts = []Mount{init}
	for _, sp := range d.others {
		m := Mount{Target: sp.target, ReadOnly: sp.readOnly}
		if !sp.named {
			m.Type, m.Source = MountBind, sp.host
			if err := d.hostFile(sp, seen.Paths[sp.host], "make it first"); err != nil {
				return err
			}
		}
		p.others = append(p.others, m)
	}
	all := slices.Concat(kept, d.others)
	for _, sp := range kept {
		m := Mount{Type: MountBind, Source: sp.host, Target: sp.target, ReadOnly: sp.readOnly,
			Propagation: sp.propagation, Consistency: sp.consistency, NoCopy: sp.noCopy}
		if sp.named {
			m.Type = MountVolume
		} else {
			m.Relabel = d.relabel(sp, seen.Paths[sp.host].Real)
		}
		p.Mounts = append(p.Mounts, m)
		p.Request.Mounts = append(p.Request.Mounts, wire.Text(sp.target))
		if sp.chown {
			p.Request.Chown = append(p.Request.Chown, wire.Text(sp.target))
		}
		if err := d.mountPoint(p, seen, all, sp); err != nil {
			return err
		}
	}
	for _, sp := range d.others {
		p.Request.Mounts = append(p.Request.Mounts, wire.Text(sp.target))
		if err := d.mountPoint(p, seen, all, sp); err != nil {
			return err
		}
	}
	return nil
}

// hostFile takes note of what a mount's path on the host is; hint is the way out
// where there is none.
func (d *Draft) hostFile(sp spec, there Path, hint string) error {
	switch {
	case there.Err != nil:
		return at(sp.at, sp.key, "%q: %v", sp.host, there.Err)
	case !there.Exists:
		return &config.Error{Pos: sp.at.Pos, Msg: fmt.Sprintf("%s: %q does not exist", sp.key, sp.host), Hint: hint}
	}
	d.files[sp.host] = !there.Dir
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
			Hint: "remove the symlink, or mount at another place"}
	}
	point := path.Join(in.Root, in.Rel)
	file := !sp.named && d.files[sp.host]
	if there := seen.Paths[point]; there.Exists {
		// A tmpfs or a volume of run_args has no host here, and may be either.
		if sp.host != "" && there.Dir == file {
			return at(sp.at, sp.key, "%s", kinds(point, there.Dir, sp))
		}
		return nil
	}
	if outer.readOnly {
		return &config.Error{Pos: sp.at.Pos,
			Msg:  fmt.Sprintf("%s: %s needs a mount point in %s, which is mounted read-only from %q", sp.key, sp.target, outer.target, outer.host),
			Hint: fmt.Sprintf("make %q first, or mount %s writable", point, outer.target)}
	}
	p.HostPaths = append(p.HostPaths, HostPath{Root: in.Root, Rel: in.Rel, File: file})
	return nil
}

// kinds says that a file and a folder cannot be mounted on one another.
func kinds(point string, folder bool, sp spec) string {
	if folder {
		return fmt.Sprintf("%q is a file, but its mount point %q is a folder", sp.host, point)
	}
	return fmt.Sprintf("%s cannot be mounted there: its mount point %q is a file", sp.target, point)
}

// relabel decides on SELinux labels: only where the host runs SELinux, and never
// for the home directory or a system folder, which other programs need. real is
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
// system folder, something in one that holds nobody's own files, or a folder
// above the home.
func (d *Draft) system(p string) bool {
	if slices.Contains(systemFolders, p) {
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
