//go:build linux

package setup

import (
	"slices"
	"strings"

	"ctenv/internal/account"
	"ctenv/internal/wire"
)

func (in *Init) account() (string, error) {
	workdir := ""
	if in.req.EngineAccounts {
		workdir = string(in.req.Workdir)
	}
	changed, warn, err := account.Edit(in.root, in.req.User, in.loginShell, workdir)
	if err != nil {
		return "", err
	}
	if warn != nil {
		in.msg.Warn("not every account file could be changed, so names may show as numbers: %v", warn)
	}
	if len(changed) == 0 {
		return "nothing to change", nil
	}
	return "changed " + strings.Join(changed, ", "), nil
}

// inRootGroup says whether the user is in group 0, be it by the container's group file.
func (in *Init) inRootGroup() bool {
	groups, _ := account.Groups(in.root, in.req.User)
	return in.req.User.GID == 0 || slices.ContainsFunc(groups, func(g wire.Group) bool { return g.GID == 0 })
}
