package decide

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"ctenv/internal/below"
	"ctenv/internal/look"
	"ctenv/internal/plan"
	"ctenv/internal/volume"
	"ctenv/internal/wire"
)

// buildWorktrees makes the .git of every linked worktree exist in the container, at the
// path that its repository has noted: git takes a worktree whose path is missing for
// removed, and deletes what the repository holds of it, index included, at each
// `git worktree prune` and in time at a `git gc`. Git only looks whether it is there.
// Nothing is made on the host for it.
func (d *decision) buildWorktrees(p *plan.Plan, seen look.Seen) {
	d.warnOfRepository(p, seen)
	done := map[string]string{} // the worktree that a path is taken for
	if seen.MoreWorktrees {
		p.Warnings = append(p.Warnings, "git worktree: what is mounted, or its repositories, is too large and was not all looked at; "+
			"`git worktree prune` in the container could forget some worktrees")
	}
	// What git would delete is counted apart: a project's submodules may be more than are looked
	// at. All are gone through in their order, since what lies in another comes after that.
	places, cut := map[bool]int{}, false
	for _, w := range seen.Worktrees {
		for _, admin := range placesOf(p, w.Admin, seen) {
			if places[w.Module]++; places[w.Module] > maxPlaces {
				cut = cut || !w.Module
				break
			}
			file := w.GitFile
			if !path.IsAbs(file) {
				file = path.Join(admin, file)
			}
			file = path.Clean(file)
			switch before, ok := done[file]; {
			case !ok:
				done[file] = w.Real
				d.placeHolder(p, seen, w, admin, file)
			case before != w.Real && !w.Module:
				// Relative paths end at the container's root, and git keeps one worktree of a path.
				d.freeze(p, w, admin, fmt.Sprintf("has the path of %q there", before))
			}
			d.keepPath(p, seen, w, admin, file)
		}
	}
	if cut {
		p.Warnings = append(p.Warnings, fmt.Sprintf("git worktree: the container has linked worktrees at more than %d places; "+
			"`git worktree prune` in it would forget the rest", maxPlaces))
	}
}

// maxPlaces is how many places of worktrees, and of what repositories borrow, are compared
// with each mount: a file and a repository that somebody has written can make millions of them.
const maxPlaces = 1000

// placeHolder decides what stands at file, the .git of w.
func (d *decision) placeHolder(p *plan.Plan, seen look.Seen, w look.LinkedWorktree, admin, file string) {
	outer, rel, in := mountOver(p, file)
	here := placesOf(p, w.Real, seen)
	switch {
	case w.Module && (in || len(here) == 0 || readOnlyRoot(p)):
		return
	case in && rel == ".":
		return
	case in && outer.Type == plan.MountBind:
		if path.Join(real(outer.Source, seen), rel) == path.Join(w.Real, ".git") {
			return // itself
		}
		// The place-holder would be made on the host.
		d.freeze(p, w, admin, "is hidden by the mount at "+outer.Target)
		return
	case !in && !w.Module && ofEngine(file):
		d.freeze(p, w, admin, "lies where the engine mounts something of its own")
		return
	case in || readOnlyRoot(p):
		if !utf8.ValidString(file) || strings.ContainsAny(file, ",:\"\r\n") {
			d.freeze(p, w, admin, "has a path that not every engine can mount at")
			return
		}
		p.Mounts = append(p.Mounts, plan.Mount{Type: plan.MountTmpfs, Target: file, Size: placeHolderSize, Mode: 0o555})
		// Asked for as well: a container that was started before that worktree has no such mount.
		p.Request.Worktrees = append(p.Request.Worktrees, wire.Place{Path: wire.Text(file)})
		return
	}
	place := wire.Place{Path: wire.Text(file)}
	if len(here) > 0 {
		place.Link = wire.Text(here[0])
	}
	if w.Module {
		place.Path = wire.Text(path.Dir(file) + "/")
	}
	p.Request.Worktrees = append(p.Request.Worktrees, place)
}

// freeze makes what the repository holds of a worktree read-only: what cannot be deleted
// needs no place-holder. A prune or a gc says then that it could not delete it, and fails.
func (d *decision) freeze(p *plan.Plan, w look.LinkedWorktree, admin, why string) {
	d.mountReadOnly(p, w.Admin, admin, w.AdminSeen)
	p.Request.Worktrees = append(p.Request.Worktrees, wire.Place{Path: wire.Text(admin), ReadOnly: true})
	p.Notes = append(p.Notes, fmt.Sprintf("git worktree: %q is read-only in the container, since its worktree %q %s", w.Admin, w.Real, why))
}

// keepPath keeps the project's own path in the repository as it is. Where the project is
// at another place in the container, `git worktree repair` there would note that one, and
// git before 2.8 did so by itself: on the host it is missing.
func (d *decision) keepPath(p *plan.Plan, seen look.Seen, w look.LinkedWorktree, admin, file string) {
	own := !w.Module && d.Host.RealProjectDir != "" && w.Real == d.Host.RealProjectDir
	here := placesOf(p, w.Real, seen)
	if !own || len(here) == 0 || slices.Contains(here, path.Dir(file)) {
		return
	}
	d.mountReadOnly(p, path.Join(w.Admin, "gitdir"), path.Join(admin, "gitdir"), w.NoteSeen)
}

// mountReadOnly mounts a part of a repository over itself. A container may have had the
// repository writable, so nothing is mounted where a symlink is by now, and what is
// exchanged for one later is noticed inside.
func (d *decision) mountReadOnly(p *plan.Plan, source, target string, seen look.Path) {
	if seen.Real != source {
		return
	}
	p.Mounts = append(p.Mounts, plan.Mount{Type: plan.MountBind, Source: source, Target: target, ReadOnly: true})
	d.bind(p, volume.Spec{Target: target}, seen)
}

// ofEngine says whether file lies where the engine has mounts of its own, in which nobody
// makes a place-holder.
func ofEngine(file string) bool {
	return slices.ContainsFunc([]string{"/dev", "/proc", "/sys"}, func(dir string) bool {
		_, in := below.Rel(dir, file)
		return in
	})
}

// placeHolderSize is the least that an engine makes a tmpfs of, a page.
const placeHolderSize = 4096

// placesOf are the places in the container at which a path of the host, its symlinks
// resolved, is mounted.
func placesOf(p *plan.Plan, host string, seen look.Seen) []string {
	var places []string
	for _, m := range slices.Concat(p.Mounts, p.Others) {
		if m.Type != plan.MountBind {
			continue
		}
		if rel, ok := below.Rel(real(m.Source, seen), host); ok {
			places = append(places, path.Join(m.Target, rel))
		}
	}
	return places
}

func real(host string, seen look.Seen) string {
	return cmp.Or(seen.Paths[host].Real, host)
}

// mountOver is MountAround, or the mount at target itself.
func mountOver(p *plan.Plan, target string) (plan.Mount, string, bool) {
	for _, m := range slices.Concat(p.Mounts, p.Others) {
		if m.Target == target {
			return m, ".", true
		}
	}
	return p.MountAround(target)
}

func readOnlyRoot(p *plan.Plan) bool {
	value, _ := p.Option("read-only")
	readOnly, _ := strconv.ParseBool(value)
	return readOnly
}
