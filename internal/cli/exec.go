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
		Example: `  ctenv exec dev -- make -j4
  ctenv exec`,
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
	eng, err := engine.Connect(ctx)
	if err != nil {
		return err
	}
	defer eng.Close()
	h, cfg, err := a.look()
	if err != nil {
		return err
	}
	st, err := a.stayPlan(ctx, eng, h, cfg, opts.container, config.Container{})
	if err != nil {
		return err
	}
	a.warnOf(cfg)
	x, err := a.execPlan(ctx, eng, h, cfg, opts)
	if err != nil {
		return err
	}
	prepare := a.prepare(h, st)
	code, err := eng.Exec(ctx, st.plan, x, func(ctx context.Context) error {
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
func (a *app) execPlan(ctx context.Context, eng *engine.Engine, h plan.Host, cfg *config.Config, opts runOptions) (plan.Exec, error) {
	c, err := cfg.Resolve(opts.container, opts.flags)
	if err != nil {
		return plan.Exec{}, err
	}
	if err := a.lookFor(&h, c); err != nil {
		return plan.Exec{}, err
	}
	draft, err := plan.ExpandExec(c, opts.flags.Env, h, opts.command)
	if err != nil {
		return plan.Exec{}, err
	}
	facts, err := eng.Facts(ctx)
	if err != nil {
		return plan.Exec{}, err
	}
	p, err := plan.Build(draft, host.Look(draft.Wants()), facts)
	return p.Enter(engine.NewSession()), err
}
