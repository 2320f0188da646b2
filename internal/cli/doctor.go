package cli

import (
	"github.com/spf13/cobra"

	"ctenv/internal/doctor"
	"ctenv/internal/usage"
)

func (a *app) newDoctor() *cobra.Command {
	noRun, asJSON := false, false
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Say what works here, and what to do about what does not",
		Long: `Checks what ctenv needs: your account, the project and its configuration, the
engine, the set-up of rootless engines, ctenv-init in the cache, a command that
builds images, and last a run: a command that does nothing, in an image that the
engine has. Nothing is pulled or asked. The exit code is 1 when something fails.`,
		Example: `  ctenv doctor
  ctenv doctor --no-run
  ctenv doctor --json`,
		Args: usage.NoArgs,
		RunE: untilSignal(func(cmd *cobra.Command, _ []string) error {
			return doctor.Run(cmd.Context(), &a.Caller, !noRun, asJSON)
		}),
	}
	cmd.Flags().BoolVar(&noRun, "no-run", false, "start no container, and change nothing")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON: what was looked at, and whether it is ok, warn or fail")
	return cmd
}
