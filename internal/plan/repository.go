package plan

import (
	"fmt"
	"path"
	"slices"
)

// Repository is the git directory of the project, where its .git is a file or a symlink
// that leads to it. Of a linked worktree it is the common one.
type Repository struct {
	File    string // the project's .git
	Written string // what it says
	Dir     string // symlinks resolved; "" where there is none
	Names   []GitName
	// Inside: it lies in the project, and is mounted with it.
	Inside bool
	// Unproven is why it is not mounted, "" where it is.
	Unproven string
}

// GitName is how something in the project writes the path of its repository.
type GitName struct {
	Dir  string // the directory below the project that a relative path belongs to
	Path string
}

// BorrowedObjects is a part of a repository that lies elsewhere: another repository's
// objects (gitrepository-layout(5), alternates), or what a symlink leads to.
type BorrowedObjects struct {
	From string // the directory that Path belongs to where it is relative, symlinks resolved
	Path string // as it is written
	Real string
}

// repositoryKey is the spec.key of what no configuration asks for.
const repositoryKey = "git repository"

// repository adds the project's repository to what is mounted, at each place where the
// project looks for it. It is read-only as the project's .git is: who may not write .git
// is not to write the hooks and the configuration that git runs on the host.
func (x *expansion) repository(d *Draft) error {
	r := x.host.Repository
	if r == nil || r.Unproven != "" {
		return nil
	}
	file, ok := d.gitFile()
	if !ok || r.Inside && !file.readOnly {
		return nil
	}
	var specs []spec
	add := func(target string) {
		_, inProject := below(d.target, target)
		if inProject != r.Inside || isSystemDir(target) ||
			slices.ContainsFunc(specs, func(sp spec) bool { return sp.target == target }) {
			return
		}
		sp := spec{at: file.at, key: repositoryKey, host: r.Dir, target: target}
		sp.readOnly = file.readOnly
		if r.Inside {
			sp.key = file.key // nothing that the project does not bring
		}
		specs = append(specs, sp)
	}
	for _, n := range r.Names {
		add(d.gitPlace(n))
	}
	// What the configuration mounts there itself comes later, and wins.
	first := 0
	for first < len(d.volumes) && d.volumes[first].key == "project_target" {
		first++
	}
	d.volumes = slices.Insert(d.volumes, first, specs...)
	return nil
}

// gitPlace is where something in the project looks for its repository.
func (d *Draft) gitPlace(n GitName) string {
	if path.IsAbs(n.Path) {
		return path.Clean(n.Path)
	}
	return path.Join(d.target, n.Dir, n.Path)
}

// gitFile is the mount that the project's .git comes with, at its place.
func (d *Draft) gitFile() (outer spec, ok bool) {
	place := path.Join(d.target, ".git")
	for _, sp := range d.mounted() {
		if _, in := below(sp.target, place); in && len(sp.target) >= len(outer.target) {
			outer, ok = sp, true
		}
	}
	rel, _ := below(outer.target, place)
	return outer, ok && !outer.named && path.Join(outer.host, rel) == path.Join(d.host.ProjectDir, ".git")
}

// warnOfRepository says once what of git will not work.
func (d *Draft) warnOfRepository(p *Plan, seen Seen) {
	if r := d.host.Repository; r != nil && r.Unproven != "" {
		if _, ok := d.gitFile(); ok && !p.shows(d.gitPlace(r.Names[0]), r.Dir, seen) {
			p.Warnings = append(p.Warnings, fmt.Sprintf("%q names %q, %s; it is not mounted, so git will not work in the container",
				r.File, r.Written, r.Unproven))
			return
		}
	}
	var missing []string
	for _, b := range seen.Borrowed {
		for _, from := range p.placesOf(b.From, seen) {
			at := b.Path
			if !path.IsAbs(at) {
				at = path.Join(from, at)
			}
			if at = path.Clean(at); !p.shows(at, b.Real, seen) && !slices.Contains(missing, b.Real) {
				missing = append(missing, b.Real)
			}
		}
	}
	if len(missing) > 0 {
		p.Warnings = append(p.Warnings, fmt.Sprintf("git: the repository borrows from %q, which is not mounted there, so git will not work in the container; "+
			"volumes can mount what you know", missing))
	}
}

// shows says whether a path of the host, its symlinks resolved, is what the container
// has at target.
func (p *Plan) shows(target, host string, seen Seen) bool {
	m, rel, ok := p.mountOver(target)
	return ok && m.Type == MountBind && path.Join(real(m.Source, seen), rel) == host
}
