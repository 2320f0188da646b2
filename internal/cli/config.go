package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"ctenv/internal/config"
	"ctenv/internal/configdoc"
	"ctenv/internal/decide"
	"ctenv/internal/hint"
	"ctenv/internal/pipeline"
	"ctenv/internal/show"
	"ctenv/internal/term"
	"ctenv/internal/usage"
)

func (a *app) newConfig() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Show the configuration that is in force",
		Long: `Lists the containers that the files describe, each with its image, and what
[defaults] set for all of them. config show says all about one.`,
		Example: `  ctenv config
  ctenv config show build
  ctenv config schema >.ctenv.schema.json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			way := "the settings of a container: ctenv config show " + args[0]
			switch args[0] {
			case "edit", "get", "set", "unset":
				return hint.Misused("the settings are in the file that ctenv config path names", "unknown command %q", args[0])
			case "list", "ls":
				way = "ctenv config lists the containers"
			}
			return usage.UnknownCommand(cmd, args[0], way)
		},
		RunE: func(*cobra.Command, []string) error { return a.configList(all) },
	}
	cmd.Flags().BoolVarP(&all, "all", "a", false, "show ctenv's own defaults too")
	cmd.AddCommand(a.newConfigShow(), a.newConfigCheck(), a.newConfigSchema(), a.newConfigPath())
	return cmd
}

func (a *app) newConfigShow() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show [flags] [CONTAINER]",
		Short: "Show a container's settings and where each value came from",
		Long: `Shows each value that is in force for a container, and the file and line that
it came from. Without CONTAINER: the one that ctenv run takes.`,
		Example: `  ctenv config show
  ctenv config show build
  ctenv config show --json build`,
		Args: usage.AtMostOne,
		RunE: func(_ *cobra.Command, args []string) error {
			return a.configShow(strings.Join(args, ""), asJSON)
		},
		ValidArgsFunction: a.completeContainer,
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	a.declareDevcontainer(cmd)
	return cmd
}

func (a *app) newConfigCheck() *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Check the settings of every container",
		Long: `Checks every container of the files as run does before it makes anything: the
settings, and the paths and variables that they name. Each mistake is shown; with
one the exit code is 1. No engine is asked.`,
		Example: `  ctenv config check`,
		Args:    usage.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return a.configCheck() },
	}
}

// configCheck looks at each container, since a mistake in one does not stop another.
func (a *app) configCheck() error {
	o, err := a.Look()
	if err != nil {
		return err
	}
	wrong := 0
	report := func(err error) {
		if err != nil {
			way, _ := hint.Of(err)
			a.Fail(err, way)
			wrong++
		}
	}
	_, err = o.Config.Marked()
	report(err)
	names := o.Config.Runs()
	for _, name := range names {
		_, err := o.Try(name)
		report(err)
	}
	o.WarnOfFiles()
	if wrong > 0 {
		return hint.Status(hint.Config)
	}
	a.Say("%s: no mistake", strings.Join(names, ", "))
	return nil
}

func (a *app) newConfigSchema() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of the file, for editors",
		Long: `Prints the JSON Schema of .ctenv.toml. Editors with TOML support by taplo (Even
Better TOML) complete and check the file when its first line names the schema:

  #:schema ./.ctenv.schema.json`,
		Example: `  ctenv config schema >.ctenv.schema.json`,
		Args:    usage.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			schema, err := configdoc.Schema()
			if err != nil {
				return err
			}
			return a.Print(string(schema) + "\n")
		},
	}
}

func (a *app) newConfigPath() *cobra.Command {
	return &cobra.Command{
		Use:     "path",
		Short:   "Print the files that are read, those that win first",
		Example: `  ctenv config path`,
		Args:    usage.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return a.configPath() },
	}
}

func (a *app) configShow(name string, asJSON bool) error {
	o, err := a.Look()
	if err != nil {
		return err
	}
	c, err := o.Config.Resolve(name, config.Container{})
	if err != nil {
		return err
	}
	o.WarnOfFiles()
	// What is wrong with the container's templates, a run says.
	if s, err := o.Draw(name, config.Container{}, pipeline.ForRun(nil)); err == nil {
		if d := decide.Derivation(s.Draft); d != nil {
			a.Say("%s", d.Announcement())
		}
	}
	if asJSON {
		return show.ConfigJSON(&a.Console, o.Config, c)
	}
	return show.Settings(&a.Console, slices.Concat(c.Rows(), c.Limits.Rows()))
}

// configList is what the files hold, at a glance.
func (a *app) configList(all bool) error {
	o, err := a.Look()
	if err != nil {
		return err
	}
	cfg := o.Config
	defaults, err := cfg.Defaults()
	if err != nil {
		return err
	}
	rows := slices.Concat(defaults.Rows(), defaults.Limits.Rows())
	if !all {
		rows = slices.DeleteFunc(rows, func(r config.Row) bool { return r.Pos.Source == nil })
	}
	names := cfg.Names()
	if len(names) > 0 {
		if err := show.Containers(&a.Console, cfg, names); err != nil {
			return err
		}
		if len(rows) > 0 {
			if err := a.Print("\n" + a.Out().Paint(term.Bold, "[defaults]") + "\n"); err != nil {
				return err
			}
		}
	}
	o.WarnOfFiles()
	if len(rows) == 0 {
		if len(names) == 0 {
			a.Say("no file sets anything; `ctenv config --all` shows what holds then, `ctenv init` writes a file")
		}
		return nil
	}
	return show.Settings(&a.Console, rows)
}

func (a *app) configPath() error {
	o, err := a.Look()
	if err != nil {
		return err
	}
	for _, f := range o.Config.Files {
		if err := a.Print(term.OneLine(f) + "\n"); err != nil {
			return err
		}
	}
	return nil
}
