package plan

import (
	"fmt"
	"path"
	"slices"

	"ctenv/internal/config"
	"ctenv/internal/mistake"
	"ctenv/internal/wire"
)

// buildInit chooses where ctenv-init is mounted from. It runs as root, so no container
// may be able to exchange it for another file: what could be written through one of
// this container's mounts is out of the question, whether the mount holds the place or
// lies in its directory; and so is what another user could exchange. The same mounts must
// not reach ctenv's configuration and state.
func (d *Draft) buildInit(p *Plan, mounts []spec, seen Seen) error {
	places := d.host.InitPlaces
	if len(places) == 0 {
		places = []InitPlace{{Path: d.host.InitPath, Real: d.host.InitPath}}
	}
	var good []InitPlace
	for i, place := range places {
		sp, reached := writableAt(mounts, seen, place.Real, path.Dir(place.Real))
		switch {
		case place.Exposed != "":
			p.Notes = append(p.Notes, fmt.Sprintf("ctenv-init is not mounted from %q: %s", path.Dir(place.Path), place.Exposed))
		case !reached:
			good = append(good, place)
		case i == 0 && sp.at.Pos.Foreign() && sp.key != "project_target":
			return mistake.Found(&config.Error{Pos: sp.at.Pos,
				Msg:  fmt.Sprintf("%s: %q would let the container write to %q, which is ctenv's own and runs as root", sp.key, sp.at.V, path.Dir(place.Path)),
				Hint: "mount it read-only, or a part of it"})
		default:
			p.Notes = append(p.Notes, fmt.Sprintf("ctenv-init is not mounted from %q, which the container can write to", path.Dir(place.Path)))
		}
	}
	if err := d.buildGuarded(p, mounts, seen); err != nil {
		return err
	}
	init := Mount{Type: MountBind, Target: wire.InitPath, ReadOnly: true}
	if d.host.SELinux {
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
	case len(good) == 0 && d.host.HideEnv:
		// A line to paste uploads nothing.
		init.Source = places[len(places)-1].Path
	case len(good) == 0:
		p.UploadInit = true
		init = initVolume(wire.Dir)
	}
	p.Mounts = []Mount{init}
	return nil
}

// buildGuarded keeps mounts from ctenv's configuration and state: a project's file may not
// have one that reaches them, and the caller is warned.
func (d *Draft) buildGuarded(p *Plan, mounts []spec, seen Seen) error {
	said := map[string]bool{}
	for _, guarded := range d.host.Guarded {
		sp, reached := writableAt(mounts, seen, guarded, guarded)
		if !reached || sp.key == "project_target" {
			continue
		}
		msg := fmt.Sprintf("%s: the container can write to %q, by which ctenv is told what to do", sp.key, guarded)
		if sp.at.Pos.Foreign() && sp.key != "project_target" {
			return mistake.Found(&config.Error{Pos: sp.at.Pos, Msg: msg, Hint: "mount it read-only, or a part of it"})
		}
		if !said[sp.host] { // one is enough to be warned of
			p.Warnings = append(p.Warnings, msg)
		}
		said[sp.host] = true
	}
	return nil
}

// writableAt finds the mount through which a container can write to p, or to
// something in dir.
func writableAt(mounts []spec, seen Seen, p, dir string) (spec, bool) {
	for _, sp := range mounts {
		if sp.named || sp.readOnly || sp.host == "" {
			continue
		}
		for _, from := range []string{sp.host, seen.Paths[sp.host].Real} {
			_, holds := below(from, p)
			_, within := below(dir, from)
			if from != "" && (holds || within) {
				return sp, true
			}
		}
	}
	return spec{}, false
}

// Relocate puts ctenv's directory in the container under a name that nobody could know
// beforehand: word, 32 hexadecimal digits. An image that knew it could have it be a
// symlink into a directory of the host, whose file would then run as root.
func (p *Plan) Relocate(word string) {
	p.Request.Dir = wire.Text(wire.DirOf(word))
	p.Entrypoint = []string{p.Request.InitPath()}
	p.Mounts = slices.Clone(p.Mounts)
	for i, m := range p.Mounts {
		switch {
		case wire.IsInit(m.Target):
			p.Mounts[i].Target = p.Request.InitPath()
		case wire.IsDir(m.Target):
			p.Mounts[i].Target = string(p.Request.Dir)
		}
	}
}
