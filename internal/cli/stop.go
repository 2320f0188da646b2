package cli

import (
	"context"

	"github.com/spf13/cobra"

	"ctenv/internal/engine/persist"
	"ctenv/internal/hint"
	"ctenv/internal/usage"
)

func (a *app) newStop() *cobra.Command {
	var all bool
	var timeout int
	var how persist.StopOptions
	cmd := &cobra.Command{
		Use:   "stop [flags] [CONTAINER|NAME|ID]",
		Short: "Stop a container that stays or runs detached, and remove it",
		Long: `stop ends a container of the project that stays, and removes it. Any other container
of ctenv's, such as one of run --detach, is named by its own name or its id; list
shows both.

What runs in a container that stays is told by TERM, two seconds later by HUP, and
is killed two seconds after that. --timeout kills what is left sooner, or gives it
more time after TERM, and a detached command another than the engine's ten seconds.`,
		Example: `  ctenv stop build
  ctenv stop --all`,
		Args:              usage.AtMostOne,
		ValidArgsFunction: a.completeContainer,
		RunE: untilSignal(func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("timeout") {
				if timeout < 0 || how.Force {
					return hint.Usagef("--timeout takes a number of seconds, and cannot be used with --force")
				}
				how.Timeout = &timeout
			}
			return a.stop(cmd.Context(), args, all, how)
		}),
	}
	cmd.Flags().BoolVarP(&all, "all", "a", false, "stop all of the project")
	cmd.Flags().IntVar(&timeout, "timeout", 0, "kill after this many `SECONDS`")
	cmd.Flags().BoolVar(&how.Force, "force", false, "kill at once")
	a.declareDevcontainer(cmd)
	return cmd
}

func (a *app) stop(ctx context.Context, args []string, all bool, how persist.StopOptions) error {
	if all && len(args) > 0 {
		return hint.Usagef("--all and a container exclude each other")
	}
	s, err := a.staying(ctx, args, all)
	defer s.close()
	if err != nil {
		return err
	}
	for _, c := range s.found {
		if how.Timeout != nil && *how.Timeout > 0 && !s.named {
			if err := persist.GiveTime(ctx, s.engine, c, *how.Timeout, a.Streams()); err != nil {
				a.Detail("container %s could not be told of the time it has: %v", c.Name, err)
			}
		}
		if err := persist.Stop(ctx, s.engine, c, how); err != nil {
			return err
		}
		a.Say("stopped container %s", c.Name)
	}
	if len(s.found) > 0 {
		return nil
	}
	if err := s.unknown(args); err != nil {
		return err
	}
	if all {
		a.Say("no container of this project runs%s", s.others(ctx))
	} else {
		a.Say("container %s does not run%s", s.key.Container, s.others(ctx))
	}
	return nil
}
