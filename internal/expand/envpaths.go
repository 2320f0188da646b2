package expand

import (
	"path"
	"slices"
	"strings"

	"ctenv/internal/look"
	"ctenv/internal/volume"
)

// EnvPathsKey is the key by which files that passed variables name are mounted.
const EnvPathsKey = "env_paths"

// EnvPaths are the files that the variables may name which env passes from the host, each at
// its own path: CI systems have a step write its results to such ones. What is there is not
// known yet.
func (d *Draft) EnvPaths() (all []volume.Spec) {
	for _, s := range d.Settings.Env {
		if strings.Contains(s.V, "=") {
			continue
		}
		for _, name := range d.Passed(s.V) {
			file := d.Host.Env[name]
			if d.unseen(s.V, name) || !strings.HasPrefix(file, "/") || file != path.Clean(file) || strings.ContainsAny(file, ":\x00\n") || volume.Reserved(file) || OfImage(file) {
				continue
			}
			at := s
			at.V = name
			if !at.Pos.Foreign() {
				at.Pos = d.Settings.EnvPaths.Pos
			}
			all = append(all, volume.Spec{At: at, Key: EnvPathsKey, Host: file, Target: file, Options: volume.Options{Optional: true}})
		}
	}
	return all
}

// UnseenPaths are the variables whose files are left out of a line that does not show their
// values.
func (d *Draft) UnseenPaths() (names []string) {
	if !d.Settings.EnvPaths.V {
		return nil
	}
	for _, s := range d.Settings.Env {
		for _, name := range d.Passed(s.V) {
			if d.unseen(s.V, name) && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// unseen says that the value of a variable which an item of env passes is not to be shown.
func (d *Draft) unseen(item, name string) bool {
	return d.Host.HideEnv && (d.Host.Withheld[name] || d.Host.Withheld[item])
}

// Visible says that the container has a file of the host at its own path anyway.
func (d *Draft) Visible(file string) bool {
	others := slices.DeleteFunc(d.Mounted(), func(sp volume.Spec) bool { return sp.Key == EnvPathsKey })
	outer, rel, ok := volume.Around(others, file)
	return ok && !outer.Named && path.Join(outer.Host, rel) == file
}

// LeavesAway says of a file that a variable names whether it is not mounted.
func (d *Draft) LeavesAway(sp volume.Spec, seen look.Seen) bool {
	return sp.Key == EnvPathsKey && (!seen.Paths[sp.Host].Regular || d.Visible(sp.Host))
}
