package cli

import (
	"github.com/spf13/cobra"

	"ctenv/internal/config"
	"ctenv/internal/hint"
	"ctenv/internal/pipeline"
	"ctenv/internal/show"
	"ctenv/internal/trust"
	"ctenv/internal/usage"
)

type trustOptions struct{ show, list, revoke bool }

func (a *app) newTrust() *cobra.Command {
	var opts trustOptions
	cmd := &cobra.Command{
		Use:   "trust [flags] [CONTAINER]",
		Short: "Allow what a project's file asks for beyond its own directory",
		Long: `Allows what the project's file wants for a container: paths outside of the
project, variables, networks, privileges. It is remembered for the repository
until the file asks for more. In a terminal it is shown first, and asked about.`,
		Example: `  ctenv trust --show build
  ctenv trust build
  ctenv trust --revoke`,
		Args:              usage.AtMostOne,
		ValidArgsFunction: a.completeContainer,
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&opts.show, "show", false, "show what is asked for, and whether it is allowed")
	f.BoolVar(&opts.list, "list", false, "show what is allowed, for every repository")
	f.BoolVar(&opts.revoke, "revoke", false, "forget what was allowed for this repository")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		switch {
		case opts.show && opts.list, opts.show && opts.revoke, opts.list && opts.revoke:
			return hint.Usagef("--show, --list and --revoke exclude each other")
		case len(args) > 0 && (opts.list || opts.revoke):
			return hint.Usagef("--list is about every repository and --revoke about this one: neither takes a container")
		case opts.list:
			return a.trustList()
		case opts.revoke:
			return a.trustRevoke()
		}
		return a.trustProject(append(args, "")[0], opts.show)
	}
	return cmd
}

// trustProject allows what a container asks for, or shows it.
func (a *app) trustProject(container string, shown bool) error {
	o, err := a.Look()
	if err != nil {
		return err
	}
	s, err := o.Subject(container, config.Container{}, pipeline.ForRun(nil))
	if err != nil {
		return err
	}
	r := s.Asked
	if len(r.All) == 0 {
		a.Say("%s asks for nothing", r.Container)
		return nil
	}
	if shown {
		return show.Grants(&a.Console, r)
	}
	if r.Settled() {
		if err := r.Refuse(); err != nil {
			return err
		}
		a.Say("all that %s asks for is allowed already", r.Container)
		return nil
	}
	return s.Allow()
}

func (a *app) trustList() error {
	h, err := a.Probe()
	if err != nil {
		return err
	}
	asker := trust.Asker{Console: &a.Console}
	return show.Allowed(&a.Console, asker.All(h))
}

// trustRevoke needs no file that can be read: who has broken it may want this.
func (a *app) trustRevoke() error {
	o, err := a.Look()
	if o.Config == nil {
		return err
	}
	return o.Revoke()
}
