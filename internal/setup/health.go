//go:build linux

package setup

import (
	"fmt"
	"os"
	"slices"

	"ctenv/internal/wire"
)

// checkHealth runs the caller's health check as the user. It is the engine's exec, so
// it begins as root, with the request; it does nothing as root but drop.
func (in *Init) checkHealth() error {
	if !slices.Equal(in.args, []string{wire.HealthArg}) {
		return fmt.Errorf("%q is no health check", in.args)
	}
	in.env = in.baseEnviron()
	in.loginShell = in.findLoginShell()
	in.req.Command = wire.Command{Kind: wire.CommandText, Text: in.req.Health}
	return in.steps([]step{{"environment", in.environment}, {"privileges", in.drop}}, func() error {
		// Where the command is, or was when there is no such directory yet.
		if dir := string(in.req.Workdir); os.Chdir(dir) == nil {
			in.env = in.env.With("PWD", dir)
		}
		return in.become()
	})
}
