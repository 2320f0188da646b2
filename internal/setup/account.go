//go:build linux

package setup

import (
	"strings"

	"ctenv/internal/account"
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
