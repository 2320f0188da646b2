package expand

import (
	"path"
	"slices"

	"ctenv/internal/below"
	"ctenv/internal/look"
	"ctenv/internal/volume"
)

// RepositoryKey is the Spec.Key of what no configuration asks for.
const RepositoryKey = "git repository"

// repository adds the project's repository to what is mounted, at each place where the
// project looks for it. It is read-only as the project's .git is: who may not write .git
// is not to write the hooks and the configuration that git runs on the host.
func (x *expansion) repository(d *Draft) error {
	r := x.host.Repository
	if r == nil || r.Unproven != "" {
		return nil
	}
	file, ok := d.GitFile()
	if !ok || r.Inside && !file.ReadOnly {
		return nil
	}
	var specs []volume.Spec
	add := func(target string) {
		_, inProject := below.Rel(d.Target, target)
		if inProject != r.Inside || IsSystemDir(target) ||
			slices.ContainsFunc(specs, func(sp volume.Spec) bool { return sp.Target == target }) {
			return
		}
		sp := volume.Spec{At: file.At, Key: RepositoryKey, Host: r.Dir, Target: target}
		sp.ReadOnly = file.ReadOnly
		if r.Inside {
			sp.Key = file.Key // nothing that the project does not bring
		}
		specs = append(specs, sp)
	}
	for _, n := range r.Names {
		add(d.GitPlace(n))
	}
	// What the configuration mounts there itself comes later, and wins.
	first := 0
	for first < len(d.Volumes) && d.Volumes[first].Key == "project_target" {
		first++
	}
	d.Volumes = slices.Insert(d.Volumes, first, specs...)
	return nil
}

// GitPlace is where something in the project looks for its repository.
func (d *Draft) GitPlace(n look.GitName) string {
	if path.IsAbs(n.Path) {
		return path.Clean(n.Path)
	}
	return path.Join(d.Target, n.Dir, n.Path)
}

// GitFile is the mount that the project's .git comes with, at its place.
func (d *Draft) GitFile() (outer volume.Spec, ok bool) {
	place := path.Join(d.Target, ".git")
	outer, rel, ok := volume.Around(d.Mounted(), place)
	return outer, ok && !outer.Named && path.Join(outer.Host, rel) == path.Join(d.Host.ProjectDir, ".git")
}
