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
	"ctenv/internal/term"
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
			return unknownCommand(cmd, args[0], "the settings of a container: ctenv config show "+args[0])
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
		Use:   "show [CONTAINER]",
		Short: "Show a container's settings and where each value came from",
		Long: `Shows each value that is in force for a container, and the file and line that
it came from. Without CONTAINER: the one that ctenv run takes.`,
		Example: `  ctenv config show
  ctenv config show build
  ctenv config show --json build`,
		Args: atMostOne,
		RunE: func(_ *cobra.Command, args []string) error {
			name := ""
			if len(args) > 0 {
				name = args[0]
			}
			return a.configShow(name, asJSON)
		},
		ValidArgsFunction: a.completeContainer,
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	declareDevcontainer(a, cmd)
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
		Args:    noArgs,
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
	names := o.Config.Names()
	for _, name := range names {
		_, err := o.Try(name)
		report(err)
	}
	if len(names) == 0 {
		names = []string{config.DefaultContainer}
		_, err := o.Try("")
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
		Args:    noArgs,
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
		Args:    noArgs,
		RunE:    func(*cobra.Command, []string) error { return a.configPath() },
	}
}

func atMostOne(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return hint.Usagef("%s takes one container, but got %q too", cmd.CommandPath(), args[1])
	}
	return named(cmd, args)
}

// named refuses an empty name, as of a variable that is not set: it would mean the
// default container, or every one.
func named(cmd *cobra.Command, args []string) error {
	if len(args) > 0 && args[0] == "" {
		return hint.Usagef("%s: the container's name is empty", cmd.CommandPath())
	}
	return nil
}

// shownConfig is what config show --json prints.
type shownConfig struct {
	Container  string       `json:"container"` // "" for the defaults alone
	ProjectDir string       `json:"project_dir"`
	Files      []string     `json:"files"`
	Values     []shownValue `json:"values"`
}

// shownValue is one value: of a list one of its items, of a table one entry.
type shownValue struct {
	Key    string `json:"key"`
	Value  any    `json:"value"`
	Source string `json:"source"` // a file's path, or "built-in"
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
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
		shown := shownConfig{Container: c.Name, ProjectDir: o.Config.ProjectDir, Files: append([]string{}, o.Config.Files...)}
		for _, r := range slices.Concat(c.Rows(), c.Limits.Rows()) {
			v := shownValue{Key: r.Key, Value: r.V, Source: "built-in", Line: r.Pos.Line, Column: r.Pos.Col}
			if r.Pos.Source != nil {
				v.Source = r.Pos.Source.Name
			}
			shown.Values = append(shown.Values, v)
		}
		return a.PrintJSON(shown)
	}
	return a.printRows(slices.Concat(c.Rows(), c.Limits.Rows()))
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
		if err := a.printContainers(cfg, names); err != nil {
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
	return a.printRows(rows)
}

// printContainers lists containers. A mistake in one is its own.
func (a *app) printContainers(cfg *config.Config, names []string) error {
	if _, err := cfg.Marked(); err != nil {
		a.Warn("%v", err)
	}
	chosen, _ := cfg.DefaultName(config.Container{}) // none, where there are several
	t := a.Out().Table(term.Column{Head: "CONTAINER"}, term.Column{Head: "IMAGE", Cut: term.Broken}, term.Column{Head: "FROM", Cut: term.CutStart})
	for _, name := range names {
		shown := name
		if name == chosen {
			shown += " (default)"
		}
		c, err := cfg.Resolve(name, config.Container{})
		image := c.Image.V
		switch {
		case err != nil:
			image = "invalid: " + err.Error()
		case c.Build.DockerfileContent.Set:
			image = "build: inline"
		case c.Build.Set:
			image = "build: " + c.Build.Dockerfile.V
		}
		t.Row(term.Cell{Text: shown}, term.Cell{Text: image}, term.Cell{Text: c.Pos.String()})
	}
	return t.Print()
}

// printRows prints values, whole: they are what was asked for.
func (a *app) printRows(rows []config.Row) error {
	t := a.Out().Table(term.Column{Head: "KEY"}, term.Column{Head: "VALUE", Cut: term.Broken}, term.Column{Head: "FROM", Cut: term.CutStart})
	for _, r := range rows {
		from := term.Cell{Text: r.Pos.String()}
		if r.Pos.Source == nil {
			from.Style = term.Faint
		}
		t.Row(term.Cell{Text: r.Key}, term.Cell{Text: r.Value, Style: from.Style}, from)
	}
	return t.Print()
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
