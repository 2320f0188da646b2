package cli

import (
	"context"
	"syscall"

	"github.com/spf13/cobra"

	"ctenv/internal/hint"
	"ctenv/internal/tty"
)

// untilSignal has the first signal that would end this process end run through its
// context instead, so that nothing is left of what was started for it, as podman's
// service is. One more ends the process, as if nothing had caught it. Commands that
// run or build something have a use for signals of their own.
func untilSignal(run func(*cobra.Command, []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		ctx, cancel := context.WithCancel(cmd.Context())
		defer cancel()
		ended := make(chan syscall.Signal, 1)
		defer tty.OnFirst(func(sig syscall.Signal) {
			ended <- sig
			cancel()
		}, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)()
		cmd.SetContext(ctx)
		err := run(cmd, args)
		select {
		case sig := <-ended:
			return hint.Status(128 + int(sig))
		default:
			return err
		}
	}
}
