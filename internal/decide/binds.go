package decide

import (
	"ctenv/internal/look"
	"ctenv/internal/plan"
	"ctenv/internal/volume"
	"ctenv/internal/wire"
)

// source is what the engine is given of sp: the name of a volume, or the path with its
// symlinks resolved. Whoever can write to a directory on the way could have the link lead
// elsewhere between the look at it and the mount.
func source(sp volume.Spec, seen look.Seen) string {
	if sp.Named {
		return sp.Host
	}
	return real(sp.Host, seen)
}

// bind has ctenv-init compare what is mounted with what was seen. A real path can be
// exchanged too, and an engine may see other files than the caller: podman's processes
// keep the mounts that there were when they started. A line of --dry-run compares
// nothing, since it may be pasted at another time.
func (d *decision) bind(p *plan.Plan, sp volume.Spec, there look.Path) {
	if d.Host.Boot == "" || d.Host.HideEnv || there.Ino == 0 {
		return
	}
	b := wire.Bind{Target: wire.Text(sp.Target), Source: wire.Text(there.Real), Dev: there.Dev, Ino: there.Ino, UID: there.UID}
	if there.Share {
		// Its device number is that of a mount, and the engine may have one of its own.
		b.Dev = 0
	}
	p.Request.Binds = append(p.Request.Binds, b)
}

// compareBinds says where the comparison holds, and what helps where it fails.
func (d *decision) compareBinds(p *plan.Plan, facts look.Facts) {
	if len(p.Request.Binds) == 0 {
		return
	}
	p.Request.Boot = d.Host.Boot
	p.Request.BindHint = "where it was mounted since the engine started, the engine still has the directory below: restart the engine"
	if facts.Podman && facts.Rootless {
		p.Request.BindHint = "where it was mounted since podman first ran, podman still has the directory below: `podman system migrate` ends what it keeps, its containers too"
	}
	if !facts.Rootless {
		p.Request.UIDMap = d.Host.UIDMap
	}
}
