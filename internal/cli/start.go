package cli

import (
	"context"

	"github.com/spf13/cobra"

	"ctenv/internal/config"
	"ctenv/internal/plan"
)

func (a *app) newStart() *cobra.Command {
	var flags runFlags
	cmd := &cobra.Command{
		Use:   "start [flags] [CONTAINER]",
		Short: "Start a container that stays, for exec",
		Long: `start makes one container for the project and the container's name, sets it up
as run does, and returns when it is ready for exec.`,
		Example: `  ctenv start build
  ctenv exec build -- true`,
		Args:              atMostOne,
		ValidArgsFunction: a.completeContainer,
	}
	flags.declareContainer(cmd)
	flags.declareDryRun(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		opts, err := flags.options(cmd, args)
		if err != nil {
			return err
		}
		return a.start(cmd.Context(), opts)
	}
	return cmd
}

func (a *app) start(ctx context.Context, opts runOptions) error {
	call, err := a.openStay(ctx, opts.container, opts.flags, opts.dryRun)
	if err != nil {
		return err
	}
	defer call.close()
	st, err := a.stayPlan(ctx, call, opts.container, opts.flags)
	if err != nil {
		return err
	}
	a.warnOf(call.cfg)
	if opts.dryRun {
		return a.dryRun(st.draft, st.seen)
	}
	// What the flags add is no change of the configuration.
	if files, err := a.stayPlan(ctx, call, opts.container, config.Container{}); err == nil {
		st.plan.Labels[plan.LabelConfig] = files.plan.Labels[plan.LabelConfig]
	}
	c, fresh, code, err := call.eng.Start(ctx, st.plan, a.prepare(call, st), a.streams())
	if err != nil || code != 0 {
		return orStatus(err, code)
	}
	if fresh {
		a.say("started container %s", c.Name)
		return nil
	}
	a.say("container %s runs already", c.Name)
	a.warnOfChange(c, st.plan.Labels[plan.LabelConfig])
	return nil
}

// orStatus is err, or where there is none the exit code of a command.
func orStatus(err error, code int) error {
	if err != nil {
		return err
	}
	return status(code)
}
