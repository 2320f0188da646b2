package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"ctenv/internal/engine/persist"
	"ctenv/internal/hint"
	"ctenv/internal/usage"
)

func (a *app) newLogs() *cobra.Command {
	var follow bool
	cmd := &cobra.Command{
		Use:   "logs [flags] [CONTAINER|NAME|ID]",
		Short: "Print what the set-up of a container that stays said",
		Long: `logs prints what the set-up of a container that stays said, its post-start and
set-up commands above all, and what they have left running says. What exec runs
is not in it. With the name or the id of a container of run --detach it prints what
that has said.`,
		Example: `  ctenv start build
  ctenv logs build`,
		Args:              usage.AtMostOne,
		ValidArgsFunction: a.completeContainer,
		RunE:              untilSignal(func(cmd *cobra.Command, args []string) error { return a.logs(cmd.Context(), args, follow) }),
	}
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on until the container ends")
	a.declareDevcontainer(cmd)
	return cmd
}

func (a *app) logs(ctx context.Context, args []string, follow bool) error {
	s, err := a.staying(ctx, args, false)
	defer s.close()
	switch {
	case err != nil:
		return err
	case s.named:
		return persist.RunLogs(ctx, s.engine, s.found[0], follow, a.Streams())
	case len(s.found) > 0:
		return persist.Logs(ctx, s.engine, s.found[0], follow, a.Stdout)
	}
	if err := s.unknown(args); err != nil {
		return err
	}
	return hint.Failed(fmt.Errorf("container %q does not run, so there are no logs%s", s.key.Container, s.others(ctx)), "`ctenv start` shows what the set-up says")
}
