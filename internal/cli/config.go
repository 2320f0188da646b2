package cli

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"ctenv/internal/config"
)

func (a *app) newConfig() *cobra.Command {
	show := func(_ *cobra.Command, args []string) error { return a.configShow(args) }
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Show the configuration that is in force",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return show(cmd, nil) },
	}
	cmd.AddCommand(&cobra.Command{
		Use:               "show [CONTAINER]",
		Short:             "Show a container's settings and where each value came from",
		Args:              atMostOne,
		RunE:              show,
		ValidArgsFunction: a.completeContainer,
	}, &cobra.Command{
		Use:   "path",
		Short: "Print the files that are read, those that win first",
		Args:  noArgs,
		RunE:  func(*cobra.Command, []string) error { return a.configPath() },
	})
	return cmd
}

func atMostOne(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return usagef("%s takes one container, but got %q too", cmd.CommandPath(), args[1])
	}
	return nil
}

func (a *app) configShow(args []string) error {
	_, cfg, err := a.look()
	if err != nil {
		return err
	}
	name := ""
	if len(args) > 0 {
		name = args[0]
	}
	c, err := cfg.Resolve(name, config.Container{})
	if err != nil {
		return err
	}
	a.warnOf(cfg)
	w := tabwriter.NewWriter(a.Stdout, 0, 0, 3, ' ', 0)
	for _, r := range c.Rows() {
		fmt.Fprintf(w, "%s\t%s\t%s\n", r.Key, oneLine(r.Value), oneLine(r.Pos.String()))
	}
	return outputFailed(w.Flush())
}

func (a *app) configPath() error {
	_, cfg, err := a.look()
	if err != nil {
		return err
	}
	for _, f := range cfg.Files {
		if _, err := fmt.Fprintln(a.Stdout, f); err != nil {
			return outputFailed(err)
		}
	}
	return nil
}
