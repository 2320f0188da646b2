package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"ctenv/internal/engine/persist"
	"ctenv/internal/hint"
	"ctenv/internal/plan"
	"ctenv/internal/usage"
)

func (a *app) newLogs() *cobra.Command {
	var follow bool
	cmd := &cobra.Command{
		Use:   "logs [CONTAINER|NAME|ID]",
		Short: "Print what the set-up of a container that stays said",
		Long: `logs prints what the set-up of a container that stays said, its post-start and
setup commands above all, and what they have left running says. What exec runs
is not in it. With the name or the id of a container of run --detach it prints what
that has said.`,
		Example: `  ctenv start build
  ctenv logs build`,
		Args:              usage.AtMostOne,
		ValidArgsFunction: a.completeContainer,
		RunE:              untilSignal(func(cmd *cobra.Command, args []string) error { return a.logs(cmd.Context(), args, follow) }),
	}
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on until the container ends")
	return cmd
}

func (a *app) logs(ctx context.Context, args []string, follow bool) error {
	o, err := a.OpenStaying(ctx, strings.Join(args, ""), true)
	if err != nil {
		return err
	}
	defer o.Close()
	name, err := stayName(o.Config, args)
	if err != nil {
		return err
	}
	e, err := o.Engine.Engine(ctx)
	if err != nil {
		return err
	}
	found, err := persist.Find(ctx, e, plan.StayKeyOf(o.Host, name))
	if err != nil {
		return err
	}
	if len(found) == 0 {
		c, ok, err := namedBox(ctx, e, o.Host, args)
		switch {
		case err != nil:
			return err
		case ok:
			return persist.RunLogs(ctx, e, c, follow, a.Streams())
		}
		if err := notRunning(o, args); err != nil {
			return err
		}
		return hint.Failed(fmt.Errorf("container %q does not run, so there are no logs%s", name, otherRuns(ctx, e, plan.StayKeyOf(o.Host, name))), "`ctenv start` shows what the set-up says")
	}
	return persist.Logs(ctx, e, found[0], follow, a.Stdout)
}
