package show

import (
	"slices"
	"strings"

	"ctenv/internal/engine"
	"ctenv/internal/term"
)

// List prints a table of containers, with short ids unless they are wanted whole. Few
// containers have ports, so that there is no column where none has. On a narrow terminal the
// names stay whole, which other commands take.
func List(out *term.Console, found []engine.Container, whole bool) error {
	columns := []term.Column{
		{Head: "ID", Spare: !whole}, {Head: "PROJECT DIR", Cut: term.CutStart}, {Head: "CONTAINER", Cut: term.CutEnd}, {Head: "IMAGE", Cut: term.CutStart, Spare: true},
		{Head: "STATUS", Cut: term.CutEnd}, {Head: "NAMES"},
	}
	ports := slices.ContainsFunc(found, func(c engine.Container) bool { return len(c.Ports) > 0 })
	if ports {
		columns = append(columns, term.Column{Head: "PORTS", Cut: term.CutEnd})
	}
	t := out.Out().Table(columns...)
	for _, c := range found {
		row := []string{id(c, whole), shorter(out, c.ProjectDir), c.Container, c.Image, c.Status, strings.Join(c.Names, ",")}
		if ports {
			row = append(row, strings.Join(c.Ports, ", "))
		}
		t.Text(row...)
	}
	return t.Print()
}

// IDs prints them alone.
func IDs(out *term.Console, found []engine.Container, whole bool) error {
	var b strings.Builder
	for _, c := range found {
		b.WriteString(term.OneLine(id(c, whole)) + "\n")
	}
	return out.Print(b.String())
}

// id is a container's as docker shows it, or whole.
func id(c engine.Container, whole bool) string {
	if len(c.ID) > 12 && !whole {
		return c.ID[:12]
	}
	return c.ID
}
