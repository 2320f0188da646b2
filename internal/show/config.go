// Package show prints what commands have found: tables for people, JSON for programs.
package show

import (
	"errors"
	"slices"
	"strings"

	"ctenv/internal/config"
	"ctenv/internal/term"
)

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

// ConfigJSON prints all that holds for a container.
func ConfigJSON(out *term.Console, cfg *config.Config, c config.Container) error {
	shown := shownConfig{Container: c.Name, ProjectDir: cfg.ProjectDir, Files: append([]string{}, cfg.Files...)}
	for _, r := range slices.Concat(c.Rows(), c.Limits.Rows()) {
		v := shownValue{Key: r.Key, Value: r.V, Source: "built-in", Line: r.Pos.Line, Column: r.Pos.Col}
		if r.Pos.Source != nil {
			v.Source = r.Pos.Source.Name
		}
		shown.Values = append(shown.Values, v)
	}
	return out.PrintJSON(shown)
}

// Containers lists containers. A mistake in one is its own.
func Containers(out *term.Console, cfg *config.Config, names []string) error {
	if _, err := cfg.Marked(); err != nil {
		out.Warn("%v", err)
	}
	chosen, _ := cfg.DefaultName(config.Container{}) // none, where there are several
	t := out.Out().Table(term.Column{Head: "CONTAINER"}, term.Column{Head: "IMAGE", Cut: term.Broken}, term.Column{Head: "FROM", Cut: term.Broken})
	for _, name := range names {
		shown := name
		if name == chosen {
			shown += " (default)"
		}
		c, err := cfg.Resolve(name, config.Container{})
		image, from := c.Image.V, c.Pos
		wrong := (*config.Error)(nil)
		switch {
		case errors.As(err, &wrong):
			image, from = "invalid: "+wrong.Msg, wrong.Pos
		case err != nil:
			image = "invalid: " + err.Error()
		case c.Build.DockerfileContent.Set:
			image = "build: inline"
		case c.Build.Set:
			image = "build: " + c.Build.Dockerfile.V
		}
		t.Row(term.Cell{Text: shown}, term.Cell{Text: image}, term.Cell{Text: place(out, from)})
	}
	return t.Print()
}

// Settings prints values, whole: they are what was asked for.
func Settings(out *term.Console, rows []config.Row) error {
	t := out.Out().Table(term.Column{Head: "KEY"}, term.Column{Head: "VALUE", Cut: term.Broken}, term.Column{Head: "FROM", Cut: term.Broken})
	for _, r := range rows {
		from := term.Cell{Text: place(out, r.Pos)}
		if r.Pos.Source == nil {
			from.Style = term.Faint
		}
		t.Row(term.Cell{Text: r.Key}, term.Cell{Text: r.Value, Style: from.Style}, from)
	}
	return t.Print()
}

// place is where something was said.
func place(out *term.Console, pos config.Pos) string { return shorter(out, pos.String()) }

// shorter is a path of the home by a shorter name where a terminal's columns are few.
func shorter(out *term.Console, text string) string {
	if home := strings.TrimRight(out.Getenv("HOME"), "/"); home != "" && out.Out().Columns() > 0 {
		if rest, ok := strings.CutPrefix(text, home+"/"); ok {
			return "~/" + rest
		}
	}
	return text
}
