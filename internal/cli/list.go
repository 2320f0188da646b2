package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"ctenv/internal/term"
)

type listOptions struct{ ids, json bool }

func (a *app) newList() *cobra.Command {
	var opts listOptions
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls", "ps"},
		Short:   "List the containers that ctenv made, from any project",
		Example: `  ctenv list
  ctenv ls --json
  ctenv list -q`,
		Args: noArgs,
		RunE: untilSignal(func(cmd *cobra.Command, _ []string) error { return a.list(cmd.Context(), opts) }),
	}
	cmd.Flags().BoolVarP(&opts.ids, "ids", "q", false, "print ids only")
	cmd.Flags().BoolVar(&opts.json, "json", false, "print JSON")
	return cmd
}

func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("%s takes no argument, but got %q", cmd.CommandPath(), args[0])
	}
	return nil
}

func (a *app) list(ctx context.Context, opts listOptions) error {
	if opts.ids && opts.json {
		return usagef("--ids and --json exclude each other")
	}
	eng, err := a.connect(ctx, a.runtime)
	if err != nil {
		return err
	}
	defer eng.Close()
	found, err := eng.List(ctx)
	if err != nil {
		return err
	}
	switch {
	case opts.json:
		return a.printJSON(found)
	case opts.ids:
		for _, c := range found {
			if _, err := fmt.Fprintln(a.Stdout, term.OneLine(c.ID)); err != nil {
				return outputFailed(err)
			}
		}
		return nil
	}
	t := a.stdout().Table(term.Column{Head: "ID"}, term.Column{Head: "PROJECT DIR", Cut: term.CutStart},
		term.Column{Head: "CONTAINER", Cut: term.CutEnd}, term.Column{Head: "STATUS", Cut: term.CutEnd}, term.Column{Head: "NAMES", Cut: term.CutEnd})
	for _, c := range found {
		t.Text(short(c.ID), c.ProjectDir, c.Container, c.Status, strings.Join(c.Names, ","))
	}
	return outputFailed(t.Print())
}

// short is an id as docker shows it.
func short(id string) string {
	if len(id) > 12 {
		return id[:12]
	}
	return id
}
