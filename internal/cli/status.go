package cli

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"ctenv/internal/config"
	"ctenv/internal/engine"
	"ctenv/internal/engine/persist"
	"ctenv/internal/join"
	"ctenv/internal/pipeline"
	"ctenv/internal/plan"
	"ctenv/internal/show"
	"ctenv/internal/usage"
)

func (a *app) newStatus() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status [flags] [CONTAINER|NAME|ID]",
		Short: "Show the containers of the project that stay",
		Example: `  ctenv status
  ctenv status --json build`,
		Args:              usage.AtMostOne,
		ValidArgsFunction: a.completeContainer,
		RunE:              untilSignal(func(cmd *cobra.Command, args []string) error { return a.status(cmd.Context(), args, asJSON) }),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	a.declareDevcontainer(cmd)
	return cmd
}

func (a *app) status(ctx context.Context, args []string, asJSON bool) error {
	s, err := a.staying(ctx, args, true)
	defer s.close()
	if err != nil {
		return err
	}
	reports := []show.Stay{}
	for _, c := range s.found {
		st, ok, err := persist.Inspect(ctx, s.engine, c)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		var configuration show.Configuration // of a run: none
		if c.Stays() {
			configuration = a.compare(ctx, s.Opening, c)
		}
		reports = append(reports, show.StayOf(c, st, a.commands(ctx, s.engine, c, st.State), configuration))
	}
	if len(reports) == 0 && len(args) > 0 {
		if err := s.unknown(args); err != nil {
			return err
		}
		reports = append(reports, show.Stay{Container: args[0], ProjectDir: s.key.ProjectDir, State: "none"})
	}
	if asJSON {
		return a.PrintJSON(reports)
	}
	if len(reports) == 0 {
		a.Say("no container of this project runs; `ctenv start` starts one")
	}
	return show.Status(&a.Console, reports)
}

// commands are those that exec has started and that run. That they cannot be had is no
// reason to say nothing.
func (a *app) commands(ctx context.Context, e *engine.Engine, c persist.Container, state string) []join.Command {
	if !c.Stays() || state != "running" {
		return nil
	}
	found, err := persist.Commands(ctx, e, c, a.Streams())
	if err != nil {
		a.Warn("which commands run in %s is not known: %v", c.Name, err)
	}
	return found
}

// compare says what has become of the configuration of a container.
func (a *app) compare(ctx context.Context, now *pipeline.Opening, c persist.Container) show.Configuration {
	if now.Mistake != nil {
		return show.Invalid
	}
	name := c.Container()
	if name != config.DefaultContainer && !slices.Contains(now.Config.Names(), name) {
		return show.Gone
	}
	s, err := now.Stay(ctx, name)
	switch {
	case err != nil:
		a.Detail("container %s: %v", c.Container(), err)
		return show.Invalid
	case !s.Asked.Allowed():
		return show.Unread
	case c.Changed(s.Plan.Labels[plan.LabelConfig]):
		return show.Changed
	}
	return show.Unchanged
}
