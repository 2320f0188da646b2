package cli

import "github.com/spf13/cobra"

// completeContainer offers the containers of the configuration. What is wrong
// with a file is no business of completion: it offers nothing then.
func (a *app) completeContainer(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	_, cfg, err := a.look()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return cfg.Names(), cobra.ShellCompDirectiveNoFileComp
}
