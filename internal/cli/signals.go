package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// untilSignal has the first signal that would end this process end run through its
// context instead, so that nothing is left of what was started for it, as podman's
// service is. One more ends the process, as if nothing had caught it. Commands that
// run or build something have a use for signals of their own.
func untilSignal(run func(*cobra.Command, []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		ctx, cancel := context.WithCancel(cmd.Context())
		defer cancel()
		caught := make(chan os.Signal, 1)
		for _, sig := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
			// One that this process was started to ignore stays ignored.
			if !signal.Ignored(sig) {
				signal.Notify(caught, sig)
			}
		}
		defer signal.Stop(caught)
		ended := make(chan syscall.Signal, 1)
		go func() {
			select {
			case sig := <-caught:
				signal.Stop(caught)
				ended <- sig.(syscall.Signal)
				cancel()
			case <-ctx.Done():
			}
		}()
		cmd.SetContext(ctx)
		err := run(cmd, args)
		select {
		case sig := <-ended:
			return exitStatus(128 + int(sig))
		default:
			return err
		}
	}
}
