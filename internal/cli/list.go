package cli

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"ctenv/internal/engine"
	"ctenv/internal/hint"
	"ctenv/internal/show"
	"ctenv/internal/usage"
)

type listOptions struct{ all, ids, whole, json bool }

func (a *app) newList() *cobra.Command {
	var opts listOptions
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls", "ps"},
		Short:   "List the containers that ctenv made, from any project",
		Long: `Lists the containers that ctenv made, from any project, and that have not ended.
A container that was made but not started, or that has ended and was not removed, is
shown by --all; ctenv clean removes it.`,
		Example: `  ctenv list
  ctenv ps --all
  ctenv ls --json
  ctenv list -q`,
		Args: usage.NoArgs,
		RunE: untilSignal(func(cmd *cobra.Command, _ []string) error { return a.list(cmd.Context(), opts) }),
	}
	cmd.Flags().BoolVarP(&opts.all, "all", "a", false, "show those that have ended too")
	cmd.Flags().BoolVarP(&opts.ids, "ids", "q", false, "print ids only")
	cmd.Flags().BoolVar(&opts.whole, "no-trunc", false, "print ids in full")
	cmd.Flags().BoolVar(&opts.json, "json", false, "print JSON")
	return cmd
}

func (a *app) list(ctx context.Context, opts listOptions) error {
	if opts.ids && opts.json {
		return hint.Usagef("--ids and --json exclude each other")
	}
	eng, err := a.Connect(ctx, a.Runtime)
	if err != nil {
		return err
	}
	defer eng.Close()
	found, err := eng.List(ctx)
	if err != nil {
		return err
	}
	if !opts.all {
		found = slices.DeleteFunc(found, engine.Container.Ended)
	}
	switch {
	case opts.json:
		return a.PrintJSON(found)
	case opts.ids:
		return show.IDs(&a.Console, found, opts.whole)
	}
	return show.List(&a.Console, found, opts.whole)
}
