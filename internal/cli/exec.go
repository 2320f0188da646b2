package cli

import (
	"context"

	"github.com/spf13/cobra"

	"ctenv/internal/config"
	"ctenv/internal/engine"
	"ctenv/internal/host"
	"ctenv/internal/plan"
)

func (a *app) newExec() *cobra.Command {
	var flags runFlags
	cmd := &cobra.Command{
		Use:   "exec [flags] [CONTAINER] [-- COMMAND...]",
		Short: "Run a command in a container that stays, which is started if need be",
		Example: `  ctenv exec build -- id -un
  ctenv exec -- sh -c 'pwd; umask'`,
		ValidArgsFunction: a.completeContainer,
	}
	cmd.Flags().SortFlags = false
	flags.declarePlace(cmd)
	flags.declareStreams(cmd)
	cmd.Flag("detach").Usage = "run in the background"
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		opts, err := flags.options(cmd, args)
		if err != nil {
			return err
		}
		return a.exec(cmd.Context(), opts)
	}
	return cmd
}

func (a *app) exec(ctx context.Context, opts runOptions) error {
	call, err := a.openStay(ctx, opts.container, config.Container{}, false)
	if err != nil {
		return err
	}
	defer call.close()
	st, err := a.stayPlan(ctx, call, opts.container, config.Container{})
	if err != nil {
		return err
	}
	a.warnOf(call.cfg)
	x, err := a.execPlan(ctx, call, opts)
	if err != nil {
		return err
	}
	prepare := a.prepare(call, st)
	code, err := call.eng.Exec(ctx, st.plan, x, func(ctx context.Context) error {
		a.say("starting container %s", st.plan.Container)
		return prepare(ctx)
	}, a.streams(), func(c engine.Staying, fresh bool) {
		if !fresh {
			a.warnOfChange(c, st.plan.Labels[plan.LabelConfig])
		}
	})
	return orStatus(err, code)
}

// execPlan decides about the command. It is a run's plan of which only the command
// is left: its place, streams and own variables.
func (a *app) execPlan(ctx context.Context, call stayCall, opts runOptions) (plan.Exec, error) {
	c, err := call.cfg.Resolve(opts.container, opts.flags)
	if err != nil {
		return plan.Exec{}, err
	}
	if err := a.lookFor(&call.h, c); err != nil {
		return plan.Exec{}, err
	}
	draft, err := plan.ExpandExec(c, opts.flags, call.h, opts.command)
	if err != nil {
		return plan.Exec{}, err
	}
	facts, err := call.eng.Facts(ctx)
	if err != nil {
		return plan.Exec{}, err
	}
	p, err := plan.Build(draft, host.Look(draft.Wants()), facts)
	return p.Enter(engine.NewSession()), err
}
