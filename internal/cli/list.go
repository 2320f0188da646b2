package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"ctenv/internal/engine"
	"ctenv/internal/hint"
	"ctenv/internal/term"
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
		Args: noArgs,
		RunE: untilSignal(func(cmd *cobra.Command, _ []string) error { return a.list(cmd.Context(), opts) }),
	}
	cmd.Flags().BoolVarP(&opts.all, "all", "a", false, "show those that have ended too")
	cmd.Flags().BoolVarP(&opts.ids, "ids", "q", false, "print ids only")
	cmd.Flags().BoolVar(&opts.whole, "no-trunc", false, "print ids in full")
	cmd.Flags().BoolVar(&opts.json, "json", false, "print JSON")
	return cmd
}

func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return hint.Usagef("%s takes no argument, but got %q", cmd.CommandPath(), args[0])
	}
	return nil
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
	id := short
	if opts.whole {
		id = func(id string) string { return id }
	}
	switch {
	case opts.json:
		return a.PrintJSON(found)
	case opts.ids:
		for _, c := range found {
			if err := a.Print(term.OneLine(id(c.ID)) + "\n"); err != nil {
				return err
			}
		}
		return nil
	}
	return a.printList(found, id)
}

// printList prints a table. Few containers have ports, so that there is no column where
// none has.
func (a *app) printList(found []engine.Container, id func(string) string) error {
	columns := []term.Column{
		{Head: "ID"}, {Head: "PROJECT DIR", Cut: term.CutStart}, {Head: "CONTAINER", Cut: term.CutEnd}, {Head: "IMAGE", Cut: term.CutStart},
		{Head: "STATUS", Cut: term.CutEnd}, {Head: "NAMES", Cut: term.CutEnd},
	}
	ports := slices.ContainsFunc(found, func(c engine.Container) bool { return len(c.Ports) > 0 })
	if ports {
		columns = append(columns, term.Column{Head: "PORTS", Cut: term.CutEnd})
	}
	t := a.Out().Table(columns...)
	for _, c := range found {
		row := []string{id(c.ID), c.ProjectDir, c.Container, c.Image, c.Status, strings.Join(c.Names, ",")}
		if ports {
			row = append(row, strings.Join(c.Ports, ", "))
		}
		t.Text(row...)
	}
	return t.Print()
}

// short is an id as docker shows it.
func short(id string) string {
	if len(id) > 12 {
		return id[:12]
	}
	return id
}
