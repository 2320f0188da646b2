package cli

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"ctenv/internal/config"
	"ctenv/internal/term"
)

func (a *app) newConfig() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Show the configuration that is in force",
		Example: `  ctenv config
  ctenv config show build
  ctenv config schema >.ctenv.schema.json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return unknownCommand(cmd, args[0], "the settings of a container: ctenv config show "+args[0])
		},
		RunE: func(*cobra.Command, []string) error { return a.configShow("", false) },
	}
	cmd.AddCommand(a.newConfigShow(), a.newConfigSchema(), a.newConfigPath())
	return cmd
}

func (a *app) newConfigShow() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show [CONTAINER]",
		Short: "Show a container's settings and where each value came from",
		Long: `Shows each value that is in force for a container, and the file and line that
it came from. Without CONTAINER: the one with default = true, else the defaults.`,
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
	return cmd
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
			schema, err := config.Schema()
			if err == nil {
				_, err = fmt.Fprintf(a.Stdout, "%s\n", schema)
			}
			return outputFailed(err)
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
		return usagef("%s takes one container, but got %q too", cmd.CommandPath(), args[1])
	}
	return named(cmd, args)
}

// named refuses an empty name, as of a variable that is not set: it would mean the
// default container, or every one.
func named(cmd *cobra.Command, args []string) error {
	if len(args) > 0 && args[0] == "" {
		return usagef("%s: the container's name is empty", cmd.CommandPath())
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
	_, cfg, err := a.look()
	if err != nil {
		return err
	}
	c, err := cfg.Resolve(name, config.Container{})
	if err != nil {
		return err
	}
	a.warnOf(cfg)
	if asJSON {
		shown := shownConfig{Container: c.Name, ProjectDir: cfg.ProjectDir, Files: append([]string{}, cfg.Files...)}
		for _, r := range c.Rows() {
			v := shownValue{Key: r.Key, Value: r.V, Source: "built-in", Line: r.Pos.Line, Column: r.Pos.Col}
			if r.Pos.Source != nil {
				v.Source = r.Pos.Source.Name
			}
			shown.Values = append(shown.Values, v)
		}
		return a.printJSON(shown)
	}
	t := a.stdout().Table(term.Column{Head: "KEY"}, term.Column{Head: "VALUE", Cut: term.CutEnd}, term.Column{Head: "FROM", Cut: term.CutStart})
	for _, r := range c.Rows() {
		from := term.Cell{Text: r.Pos.String()}
		if r.Pos.Source == nil {
			from.Style = term.Faint
		}
		t.Row(term.Cell{Text: r.Key}, term.Cell{Text: r.Value, Style: from.Style}, from)
	}
	return outputFailed(t.Print())
}

func (a *app) printJSON(v any) error {
	enc := json.NewEncoder(a.Stdout)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return outputFailed(enc.Encode(v))
}

func (a *app) configPath() error {
	_, cfg, err := a.look()
	if err != nil {
		return err
	}
	for _, f := range cfg.Files {
		if _, err := fmt.Fprintln(a.Stdout, term.OneLine(f)); err != nil {
			return outputFailed(err)
		}
	}
	return nil
}
