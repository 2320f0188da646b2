package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"ctenv/internal/engine"
	"ctenv/internal/engine/persist"
	"ctenv/internal/hint"
	"ctenv/internal/look"
	"ctenv/internal/plan"
	"ctenv/internal/usage"
)

func (a *app) newStop() *cobra.Command {
	var all bool
	var timeout int
	var how persist.StopOptions
	cmd := &cobra.Command{
		Use:   "stop [CONTAINER|NAME|ID]",
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
					return hint.Usagef("--timeout takes a number of seconds, and not beside --force")
				}
				how.Timeout = &timeout
			}
			return a.stop(cmd.Context(), args, all, how)
		}),
	}
	cmd.Flags().BoolVarP(&all, "all", "a", false, "stop all of the project")
	cmd.Flags().IntVar(&timeout, "timeout", 0, "kill after this many `SECONDS`")
	cmd.Flags().BoolVar(&how.Force, "force", false, "kill at once")
	return cmd
}

func (a *app) stop(ctx context.Context, args []string, all bool, how persist.StopOptions) error {
	if all && len(args) > 0 {
		return hint.Usagef("--all and a container exclude each other")
	}
	o, err := a.OpenStaying(ctx, strings.Join(args, ""), !all)
	if err != nil {
		return err
	}
	defer o.Close()
	name := "" // all of them
	if !all {
		if name, err = stayName(o.Config, args); err != nil {
			return err
		}
	}
	e, err := o.Engine.Engine(ctx)
	if err != nil {
		return err
	}
	found, err := persist.Find(ctx, e, plan.StayKeyOf(o.Host, name))
	if err != nil {
		return err
	}
	for _, c := range found {
		if how.Timeout != nil && *how.Timeout > 0 {
			if err := persist.GiveTime(ctx, e, c, *how.Timeout, a.Streams()); err != nil {
				a.Detail("container %s could not be told of the time it has: %v", c.Name, err)
			}
		}
		if err := persist.Stop(ctx, e, c, how); err != nil {
			return err
		}
		a.Say("stopped container %s", c.Name)
	}
	if len(found) > 0 {
		return nil
	}
	c, ok, err := namedBox(ctx, e, o.Host, args)
	if err != nil {
		return err
	}
	if ok {
		if err := persist.Stop(ctx, e, c, how); err != nil {
			return err
		}
		a.Say("stopped container %s", c.Name)
		return nil
	}
	if err := notRunning(o, args); err != nil {
		return err
	}
	others := otherRuns(ctx, e, plan.StayKeyOf(o.Host, name))
	if all {
		a.Say("no container of this project runs%s", others)
	} else {
		a.Say("container %s does not run%s", name, others)
	}
	return nil
}

// namedBox finds a container of ctenv's by its own name or its id, where one is given.
func namedBox(ctx context.Context, e *engine.Engine, h look.Host, args []string) (persist.Container, bool, error) {
	if len(args) == 0 {
		return persist.Container{}, false, nil
	}
	return persist.Named(ctx, e, args[0], h.User.UID)
}

// otherRuns says of containers that do not stay how they are reached.
func otherRuns(ctx context.Context, e *engine.Engine, key plan.StayKey) string {
	runs, err := persist.Runs(ctx, e, key)
	if err != nil || len(runs) == 0 {
		return ""
	}
	return fmt.Sprintf("; one of run does: %s", runs[0].Name)
}
