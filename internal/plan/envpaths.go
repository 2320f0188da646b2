package plan

import (
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// envPathsKey is the key by which files that passed variables name are mounted.
const envPathsKey = "env_paths"

// envPaths are the files that the variables may name which env passes from the host, each at
// its own path: CI systems have a step write its results to such ones. What is there is not
// known yet.
func (d *Draft) envPaths() (all []spec) {
	for _, s := range d.c.Env {
		if strings.Contains(s.V, "=") {
			continue
		}
		for _, name := range d.passed(s.V) {
			file := d.host.Env[name]
			if !strings.HasPrefix(file, "/") || file != path.Clean(file) || strings.ContainsAny(file, ":\x00\n") || ownName(file) || ofImage(file) {
				continue
			}
			at := s
			at.V = name
			if !at.Pos.Foreign() {
				at.Pos = d.c.EnvPaths.Pos
			}
			all = append(all, spec{at: at, key: envPathsKey, host: file, target: file, options: options{optional: true}})
		}
	}
	return all
}

// ofImage says that a path is for the image to fill.
func ofImage(file string) bool {
	return slices.ContainsFunc([]string{"/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/sbin", "/sys", "/usr"}, func(dir string) bool {
		_, in := below(dir, file)
		return in
	})
}

// visible says that the container has a file of the host at its own path anyway.
func (d *Draft) visible(file string) bool {
	var outer spec
	for _, sp := range d.mounted() {
		if _, in := below(sp.target, file); in && sp.key != envPathsKey && len(sp.target) >= len(outer.target) {
			outer = sp
		}
	}
	rel, err := filepath.Rel(outer.target, file)
	return err == nil && !outer.named && path.Join(outer.host, rel) == file
}

// leavesAway says of a file that a variable names whether it is not mounted.
func (d *Draft) leavesAway(sp spec, seen Seen) bool {
	return sp.key == envPathsKey && (!seen.Paths[sp.host].Regular || d.visible(sp.host))
}

// warnOfPaths says which variables name files of the caller's that the container does not have.
func (d *Draft) warnOfPaths(p *Plan, seen Seen) {
	if d.c.EnvPaths.V {
		return
	}
	var names []string
	for _, sp := range d.envPaths() {
		if there := seen.Paths[sp.host]; there.Regular && there.Mine && !d.visible(sp.host) && !slices.Contains(names, sp.at.V) {
			names = append(names, sp.at.V)
		}
	}
	if len(names) > 0 {
		p.Warnings = append(p.Warnings, "env passes the paths of files that the container does not have ("+strings.Join(names, ", ")+"); env_paths = true mounts them")
	}
}
