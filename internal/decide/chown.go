package decide

import (
	"fmt"
	"slices"

	"ctenv/internal/config"
	"ctenv/internal/expand"
	"ctenv/internal/look"
	"ctenv/internal/plan"
	"ctenv/internal/volume"
	"ctenv/internal/wire"
)

// mayChown decides whether a path of the host may become the caller's: ctenv-init has
// root's power over it, which is not for taking what another user has.
func (d *decision) mayChown(p *plan.Plan, sp volume.Spec, there look.Path) error {
	refuse := func(why, hint string) error {
		return &config.Error{Pos: sp.At.Pos, Msg: fmt.Sprintf("%s: %q: chown would give you %q %s", sp.Key, sp.At.V, there.Real, why), Hint: hint}
	}
	switch {
	case expand.System(sp.Host, d.homes) || expand.System(there.Real, d.homes):
		return refuse("of this machine", "chown is for named volumes and directories of your own; leave it out here")
	case there.Mine:
		return nil
	case sp.At.Pos.Foreign(): // a project is not the caller, who may know what the group thinks of it
	case there.GroupWrites && slices.Contains(d.Host.GIDs, there.GID):
		p.Warnings = append(p.Warnings, fmt.Sprintf("%s: chown gives you %q, which belongs to uid %d; a group of yours may write to it", sp.Key, there.Real, there.UID))
		return nil
	}
	return refuse(fmt.Sprintf("of another user, uid %d", there.UID), "chown is for named volumes and what is yours already; leave it out here")
}

// insideOwners puts the owners that were seen on the host as they look in the container.
// What a rootless engine shows of others cannot be told, nor can it be given away there.
func insideOwners(owners []wire.Owner, caller, inside wire.User, facts look.Facts) []wire.Owner {
	var out []wire.Owner
	for _, o := range owners {
		switch {
		case o.Volume != "":
		case o.UID == caller.UID:
			o.UID = inside.UID
		case facts.Rootless:
			continue
		}
		out = append(out, o)
	}
	return out
}
