package decide

import (
	"fmt"
	"path"
	"slices"

	"ctenv/internal/below"
	"ctenv/internal/config"
	"ctenv/internal/look"
	"ctenv/internal/mistake"
	"ctenv/internal/plan"
	"ctenv/internal/volume"
	"ctenv/internal/wire"
)

// buildInit chooses where ctenv-init is mounted from. It runs as root, so no container
// may be able to exchange it for another file: what could be written through one of
// this container's mounts is out of the question, whether the mount holds the place or
// lies in its directory; and so is what another user could exchange. The same mounts must
// not reach ctenv's configuration and state.
func (d *decision) buildInit(p *plan.Plan, mounts []volume.Spec, seen look.Seen) error {
	places := d.Host.InitPlaces
	var good []look.InitPlace
	for i, place := range places {
		sp, reached := reachedAt(mounts, seen, place.Real, path.Dir(place.Real), false)
		switch {
		case place.Exposed != "":
			p.Notes = append(p.Notes, fmt.Sprintf("ctenv-init is not mounted from %q: %s", path.Dir(place.Path), place.Exposed))
		case !reached:
			good = append(good, place)
		case i == 0 && sp.At.Pos.Foreign() && sp.Key != "project_target":
			return mistake.Found(&config.Error{Pos: sp.At.Pos,
				Msg:  fmt.Sprintf("%s: %q would let the container write to %q, which is ctenv's own and runs as root", sp.Key, sp.At.V, path.Dir(place.Path)),
				Hint: "mount " + d.readOnlyWay(sp, seen) + "a part of it"})
		default:
			p.Notes = append(p.Notes, fmt.Sprintf("ctenv-init is not mounted from %q, which the container can write to", path.Dir(place.Path)))
		}
	}
	if err := d.buildGuarded(p, mounts, seen); err != nil {
		return err
	}
	init := plan.Mount{Type: plan.MountBind, Target: wire.InitPath, ReadOnly: true}
	if d.Host.SELinux {
		init.Relabel = "z" // a container may not read the user's cache otherwise
	}
	for _, place := range good {
		if p.SocketDir == "" && !place.System {
			p.SocketDir = path.Dir(place.Path)
		}
		if init.Source == "" {
			init.Source = place.Path
			continue
		}
		p.InitElse = append(p.InitElse, place.Path)
	}
	switch {
	case len(good) == 0 && d.Host.HideEnv:
		// A line to paste uploads nothing.
		init.Source = places[len(places)-1].Path
	case len(good) == 0:
		p.UploadInit = true
		init = plan.InitVolume(wire.Dir)
	}
	p.Mounts = []plan.Mount{init}
	return nil
}

// buildGuarded keeps mounts from ctenv's configuration, state and sockets: a project's file
// may not have one that reaches them, and the caller is warned.
func (d *decision) buildGuarded(p *plan.Plan, mounts []volume.Spec, seen look.Seen) error {
	said := map[string]bool{}
	for i, place := range slices.Concat(d.Host.Links, d.Host.Guarded, d.Host.Sockets) {
		dir, entering := place, i >= len(d.Host.Links)+len(d.Host.Guarded)
		if i < len(d.Host.Links) {
			dir = "" // what is mounted by way of a link is not in it
		}
		sp, reached := reachedAt(mounts, seen, place, dir, entering)
		if !reached || sp.Key == "project_target" {
			continue
		}
		msg, way := fmt.Sprintf("the container can write to %q, by which ctenv is told what to do", place), d.readOnlyWay(sp, seen)
		if entering {
			msg, way = fmt.Sprintf("the container can use the sockets in %q, by which commands run in any of your containers that stay", place), ""
		}
		if sp.At.Pos.Foreign() {
			return mistake.Found(&config.Error{Pos: sp.At.Pos, Msg: sp.Key + ": " + msg, Hint: "mount " + way + "a part of it"})
		}
		if !said[sp.Host] { // one is enough to be warned of
			p.Warnings = append(p.Warnings, sp.Key+": "+msg)
		}
		said[sp.Host] = true
	}
	return nil
}

// readOnlyWay is the hint to mount something read-only, where that is not refused in turn.
func (d *decision) readOnlyWay(sp volume.Spec, seen look.Seen) string {
	for _, sockets := range d.Host.Sockets {
		if _, reached := reachedAt([]volume.Spec{sp}, seen, sockets, sockets, true); reached {
			return ""
		}
	}
	return "it read-only, or "
}

// reachedAt finds the mount through which a container can write to p, or to something in
// dir, "" for nothing: sockets are reached by entering it, through a read-only mount as well.
func reachedAt(mounts []volume.Spec, seen look.Seen, p, dir string, entering bool) (volume.Spec, bool) {
	for _, sp := range mounts {
		if sp.Named || sp.Host == "" {
			continue
		}
		reached := []string{sp.Host, seen.Paths[sp.Host].Real}
		if sp.ReadOnly && !entering {
			reached = seen.Inner[sp.Host]
		}
		if meets(reached, p, dir) {
			return sp, true
		}
	}
	return volume.Spec{}, false
}

// meets says that one of some paths holds p, or lies in dir.
func meets(paths []string, p, dir string) bool {
	return slices.ContainsFunc(paths, func(from string) bool {
		_, holds := below.Rel(from, p)
		_, within := below.Rel(dir, from)
		return from != "" && (holds || dir != "" && within)
	})
}
