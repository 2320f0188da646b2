package cli

import (
	"context"

	"github.com/spf13/cobra"

	"ctenv/internal/engine/derive"
	"ctenv/internal/engine/persist"
	"ctenv/internal/expand"
	"ctenv/internal/hint"
	"ctenv/internal/plan"
	"ctenv/internal/usage"
)

func (a *app) newStart() *cobra.Command {
	recreate := false
	cmd := a.starting(&cobra.Command{
		Use:   "start [flags] [CONTAINER]",
		Short: "Start a container that stays, for exec",
		Long: `start makes one container for the project and the container's name, sets it up
as run does, and returns when it is ready for exec. One that runs already stays as it
is, unless --recreate has it stopped and made anew.`,
		Example: `  ctenv start build
  ctenv start --recreate build
  ctenv exec build -- true`,
	}, &recreate)
	cmd.Flags().BoolVar(&recreate, "recreate", false, "stop the one that runs, and make it anew")
	return cmd
}

func (a *app) newRestart() *cobra.Command {
	recreate := true
	return a.starting(&cobra.Command{
		Use:   "restart [flags] [CONTAINER]",
		Short: "Stop a container that stays, and start it by today's files",
		Long: `restart ends a container of the project that stays, as stop does, and makes it anew
from the configuration as it is now. One that does not run is started. It is the
same as start --recreate.`,
		Example: `  ctenv restart build
  ctenv restart --trust build`,
	}, &recreate)
}

// starting is cmd with what start and restart share.
func (a *app) starting(cmd *cobra.Command, recreate *bool) *cobra.Command {
	var flags runFlags
	cmd.Args, cmd.ValidArgsFunction = usage.AtMostOne, a.completeContainer
	flags.declareContainer(cmd)
	flags.declareDryRun(cmd)
	a.declareSource(cmd)
	cmd.RunE = flags.runE(func(ctx context.Context, opts runOptions) error { return a.start(ctx, opts, *recreate) })
	return cmd
}

// stopForStart stops what runs of the container that w is about to start. What can fail
// before is done before, so that a mistake leaves running what runs: w has its image and
// its ctenv-init then.
func (a *app) stopForStart(ctx context.Context, w *persist.Wanted) (code int, err error) {
	if err := w.Engine.Check(w.Plan); err != nil {
		return 0, err
	}
	if err := w.Prepare(ctx); err != nil {
		return 0, err
	}
	w.Prepare = nil
	if _, code, err := derive.Ensure(ctx, w.Engine, w.Plan, false, w.Streams); err != nil || code != 0 {
		return code, err
	}
	found, err := persist.Find(ctx, w.Engine, w.Plan.StayKey())
	if err != nil {
		return 0, err
	}
	for _, c := range found {
		if err := persist.Stop(ctx, w.Engine, c, persist.StopOptions{}); err != nil {
			return 0, err
		}
		a.Say("stopped container %s", c.Name)
	}
	return 0, nil
}

func (a *app) start(ctx context.Context, opts runOptions, recreate bool) error {
	s, err := a.begin(ctx, "start", opts, expand.Stay)
	if s == nil {
		return err
	}
	defer s.Close()
	if err := s.Finish(ctx); err != nil {
		return err
	}
	// What the flags add is no change of the configuration.
	if files, err := s.Stay(ctx, s.Draft.Container()); err == nil {
		s.Plan.Labels[plan.LabelConfig] = files.Plan.Labels[plan.LabelConfig]
	}
	e, err := s.Engine.Engine(ctx)
	if err != nil {
		return err
	}
	w := persist.Wanted{Engine: e, Plan: s.Plan, Prepare: s.Prepare, Streams: a.Streams()}
	if recreate {
		if code, err := a.stopForStart(ctx, &w); err != nil || code != 0 {
			return hint.Ended(code, err)
		}
	}
	there, fresh, code, err := w.Start(ctx)
	if err != nil || code != 0 {
		return hint.Ended(code, err)
	}
	if fresh {
		a.Say("started container %s", there.Name)
		return nil
	}
	a.Say("container %s runs already", there.Name)
	a.warnOfChange(there.Container(), s, there.Labels[plan.LabelConfig])
	return nil
}
