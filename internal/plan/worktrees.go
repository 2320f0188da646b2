package plan

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"ctenv/internal/wire"
)

// LinkedWorktree is a worktree of git that is there on the host.
type LinkedWorktree struct {
	Admin   string // its directory in the repository, <repository>/worktrees/<id>, symlinks resolved
	GitFile string // its .git, as Admin's file "gitdir" has it: absolute, or relative to Admin
	Real    string // the checkout, symlinks resolved
	// Module: it is a submodule's git directory, or a separate one, whose configuration
	// names the checkout. Git deletes nothing where that is missing, but does not work.
	Module bool
	// AdminSeen and NoteSeen are Admin and its file "gitdir", for what mounts them.
	AdminSeen, NoteSeen Path
}

// buildWorktrees makes the .git of every linked worktree exist in the container, at the
// path that its repository has noted: git takes a worktree whose path is missing for
// removed, and deletes what the repository holds of it, index included, at each
// `git worktree prune` and in time at a `git gc`. Git only looks whether it is there.
// Nothing is made on the host for it.
func (d *Draft) buildWorktrees(p *Plan, seen Seen) {
	d.warnOfRepository(p, seen)
	done := map[string]bool{}
	for _, w := range seen.Worktrees {
		for _, admin := range p.placesOf(w.Admin, seen) {
			file := w.GitFile
			if !path.IsAbs(file) {
				file = path.Join(admin, file)
			}
			if file = path.Clean(file); !done[file] {
				done[file] = true
				d.placeHolder(p, seen, w, admin, file)
			}
			d.keepPath(p, seen, w, admin, file)
		}
	}
}

// placeHolder decides what stands at file, the .git of w.
func (d *Draft) placeHolder(p *Plan, seen Seen, w LinkedWorktree, admin, file string) {
	outer, rel, in := p.mountOver(file)
	here := p.placesOf(w.Real, seen)
	switch {
	case w.Module && (in || len(here) == 0 || p.readOnlyRoot()):
		return
	case in && rel == ".":
		return
	case in && outer.Type == MountBind:
		if path.Join(real(outer.Source, seen), rel) == path.Join(w.Real, ".git") {
			return // itself
		}
		// The place-holder would be made on the host.
		d.freeze(p, w, admin, "is hidden by the mount at "+outer.Target)
		return
	case in || p.readOnlyRoot():
		if !utf8.ValidString(file) || strings.ContainsAny(file, ",:\"\r\n") {
			d.freeze(p, w, admin, "has a path that not every engine can mount at")
			return
		}
		p.Mounts = append(p.Mounts, Mount{Type: MountTmpfs, Target: file, Size: placeHolderSize, Mode: 0o555})
		return
	}
	place := wire.Place{Path: wire.Text(file)}
	if len(here) > 0 {
		place.Link = wire.Text(here[0])
	}
	p.Request.Worktrees = append(p.Request.Worktrees, place)
}

// freeze makes what the repository holds of a worktree read-only: what cannot be deleted
// needs no place-holder. A prune or a gc says then that it could not delete it, and fails.
func (d *Draft) freeze(p *Plan, w LinkedWorktree, admin, why string) {
	d.mountReadOnly(p, w.Admin, admin, w.AdminSeen)
	p.Notes = append(p.Notes, fmt.Sprintf("git worktree: %q is read-only in the container, since its worktree %q %s", w.Admin, w.Real, why))
}

// keepPath keeps the project's own path in the repository as it is. Where the project is
// at another place in the container, `git worktree repair` there would note that one, and
// git before 2.8 did so by itself: on the host it is missing.
func (d *Draft) keepPath(p *Plan, seen Seen, w LinkedWorktree, admin, file string) {
	own := !w.Module && d.host.RealProjectDir != "" && w.Real == d.host.RealProjectDir
	here := p.placesOf(w.Real, seen)
	if !own || len(here) == 0 || slices.Contains(here, path.Dir(file)) {
		return
	}
	d.mountReadOnly(p, path.Join(w.Admin, "gitdir"), path.Join(admin, "gitdir"), w.NoteSeen)
}

// mountReadOnly mounts a part of a repository over itself. A container may have had the
// repository writable, so nothing is mounted where a symlink is by now, and what is
// exchanged for one later is noticed inside.
func (d *Draft) mountReadOnly(p *Plan, source, target string, seen Path) {
	if seen.Real != source {
		return
	}
	p.Mounts = append(p.Mounts, Mount{Type: MountBind, Source: source, Target: target, ReadOnly: true})
	d.bind(p, spec{target: target}, seen)
}

// placeHolderSize is the least that an engine makes a tmpfs of, a page.
const placeHolderSize = 4096

// placesOf are the places in the container at which a path of the host, its symlinks
// resolved, is mounted.
func (p *Plan) placesOf(host string, seen Seen) []string {
	var places []string
	for _, m := range slices.Concat(p.Mounts, p.Others) {
		if m.Type != MountBind {
			continue
		}
		if rel, ok := below(real(m.Source, seen), host); ok {
			places = append(places, path.Join(m.Target, rel))
		}
	}
	return places
}

func real(host string, seen Seen) string {
	if there := seen.Paths[host]; there.Real != "" {
		return there.Real
	}
	return host
}

// mountOver is MountAround, or the mount at target itself.
func (p *Plan) mountOver(target string) (Mount, string, bool) {
	for _, m := range slices.Concat(p.Mounts, p.Others) {
		if m.Target == target {
			return m, ".", true
		}
	}
	return p.MountAround(target)
}

func (p *Plan) readOnlyRoot() bool {
	readOnly := false
	for _, a := range p.RunArgs {
		if a.Name == "read-only" {
			readOnly, _ = strconv.ParseBool(a.Value)
		}
	}
	return readOnly
}
