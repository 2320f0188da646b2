package cli

import (
	"context"

	"github.com/spf13/cobra"

	"ctenv/internal/plan"
)

func (a *app) newStop() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "stop [CONTAINER]",
		Short: "Stop a container that stays, and remove it",
		Example: `  ctenv stop build
  ctenv stop --all`,
		Args:              atMostOne,
		ValidArgsFunction: a.completeContainer,
		RunE:              untilSignal(func(cmd *cobra.Command, args []string) error { return a.stop(cmd.Context(), args, all) }),
	}
	cmd.Flags().BoolVarP(&all, "all", "a", false, "stop all of the project")
	return cmd
}

func (a *app) stop(ctx context.Context, args []string, all bool) error {
	if all && len(args) > 0 {
		return usagef("--all and a container exclude each other")
	}
	call, err := a.openStaying(ctx, args, !all)
	if err != nil {
		return err
	}
	defer call.close()
	name := "" // all of them
	if !all {
		if name, err = stayName(call.cfg, args); err != nil {
			return err
		}
	}
	found, err := call.eng.Staying(ctx, plan.StayKeyOf(call.h, name))
	if err != nil {
		return err
	}
	for _, c := range found {
		if err := call.eng.Stop(ctx, c); err != nil {
			return err
		}
		a.say("stopped container %s", c.Name)
	}
	if len(found) > 0 {
		return nil
	}
	if err := call.notRunning(args); err != nil {
		return err
	}
	if all {
		a.say("no container of this project runs")
	} else {
		a.say("container %s does not run", name)
	}
	return nil
}
