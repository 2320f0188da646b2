package expand

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"ctenv/internal/below"
	"ctenv/internal/look"
	"ctenv/internal/volume"
	"ctenv/internal/wire"
)

// Parents are the directories on the way to a mount that an engine makes as root where the
// image lacks them, outermost first, and that may be the caller's: not those below the
// home, which are so anyway, nor those of the system.
func (d *Draft) Parents(target string) []string {
	var all []string
	for dir := path.Dir(target); dir != "/"; dir = path.Dir(dir) {
		if _, home := below.Rel(d.Home(), dir); !home && !IsSystemDir(dir) && !OfImage(dir) {
			all = append(all, dir)
		}
	}
	slices.Reverse(all)
	return all
}

// OfImage says that an absolute path lies where a system has its programs and settings,
// which in a container are the image's.
func OfImage(p string) bool {
	top, _, _ := strings.Cut(strings.TrimPrefix(p, "/"), "/")
	return slices.Contains([]string{"bin", "boot", "dev", "etc", "lib", "lib64", "proc", "sbin", "sys", "usr"}, top)
}

// IsSystemDir says that p is never relabelled for SELinux, nor given away: that would break
// the host.
func IsSystemDir(p string) bool { return p == "/root" || wire.IsSystemDir(p) }

// Home is the caller's, by name.
func (d *Draft) Home() string { return path.Clean(string(d.Host.User.Home)) }

// Homes are the caller's home, by name and with its symlinks resolved.
func (d *Draft) Homes(seen look.Seen) []string {
	homes := []string{d.Home()}
	if there := seen.Paths[d.Home()]; there.Exists {
		homes = append(homes, there.Real)
	}
	return homes
}

// System tells whether a path on the host is one that the machine itself needs: a
// system directory, something in one that holds nobody's own files, or a directory
// above a home.
func System(p string, homes []string) bool {
	if _, run := below.Rel("/run", p); run || IsSystemDir(p) || OfImage(p) {
		return true
	}
	return slices.ContainsFunc(homes, func(home string) bool {
		rel, ok := below.Rel(p, home)
		return ok && rel != "."
	})
}

// Relabel decides on SELinux labels: only where the host runs SELinux, and never
// for the home directory or a system directory, which other programs need. real is
// where symlinks lead sp's path to.
func (d *Draft) Relabel(sp volume.Spec, real string, homes []string) string {
	if !d.Host.SELinux {
		return ""
	}
	for _, p := range []string{sp.Host, real} {
		if slices.Contains(homes, p) || System(p, homes) {
			return ""
		}
	}
	return cmp.Or(sp.Options.Relabel, "z")
}

// AutoWorkdir says that the command starts where the caller is.
func (d *Draft) AutoWorkdir() bool {
	return d.Settings.Workdir.V == "auto" || d.Settings.Workdir.V == ""
}

// Workdir is the container's directory in which the command starts.
func (d *Draft) Workdir() string {
	if !d.AutoWorkdir() {
		return d.Settings.Workdir.V
	}
	rel, _ := d.PlaceInProject()
	return path.Join(d.Target, rel)
}

// PlaceInProject is the caller's current directory below the project.
func (d *Draft) PlaceInProject() (string, bool) {
	h := d.Host
	if h.ProjectDir == "" {
		return "", false
	}
	return below.Rel(h.ProjectDir, h.Cwd)
}

// WorkdirDirs are the host's directories that have to be entered on the way to dir, from the
// root of the mount that it lies in.
func (d *Draft) WorkdirDirs(dir string) []string {
	outer, rel, _ := volume.Around(d.Mounted(), dir)
	if outer.Host == "" || outer.Named {
		return nil
	}
	var all []string
	for ; rel != "."; rel = path.Dir(rel) {
		all = append(all, path.Join(outer.Host, rel))
	}
	all = append(all, outer.Host)
	slices.Reverse(all)
	return all
}
