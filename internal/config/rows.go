package config

import (
	"strconv"

	"ctenv/internal/tomltext"
)

// Row is one value and where it comes from.
type Row struct {
	Key   string // as in a file: "env", "ulimits.nofile", "build.tag"
	Value string // as in a file, on one line
	V     any    // the value itself: string, bool or []string
	Pos   Pos
}

// Rows lists what is set, in the order of Keys: one row for each scalar, for each
// item of a list and for each entry of a table.
func (c Container) Rows() []Row { return rows(&c, keys, "") }

func rows(c *Container, keys []Key, prefix string) []Row {
	var out []Row
	for _, k := range keys {
		if k.field == nil {
			continue
		}
		name := prefix + k.Name
		switch v := k.field(c).(type) {
		case *String:
			if !v.Set {
				continue
			}
			row := Row{name, tomltext.Quote(v.V), v.V, v.Pos}
			if k.Kind == KindBoolOrAuto && (v.V == "true" || v.V == "false") {
				row.Value, row.V = v.V, v.V == "true"
			}
			out = append(out, row)
		case *Value[bool]:
			if v.Set {
				out = append(out, Row{name, strconv.FormatBool(v.V), v.V, v.Pos})
			}
		case *Command:
			if v.Set {
				out = append(out, Row{name, v.text(), v.value(), v.Pos})
			}
		case *[]String:
			for _, item := range *v {
				out = append(out, Row{name, tomltext.Quote(item.V), item.V, item.Pos})
			}
		case *[]Entry:
			for _, e := range *v {
				out = append(out, Row{name + "." + tomltext.Key(e.Key), tomltext.Quote(e.Value.V), e.Value.V, e.Value.Pos})
			}
		case *Packages:
			for _, e := range *v {
				of := name
				if e.Key != "" {
					of += "." + e.Key
				}
				out = append(out, Row{of, tomltext.Quote(e.Value.V), e.Value.V, e.Value.Pos})
			}
		case *Build:
			if v.Set {
				out = append(out, rows(c, k.Keys, name+".")...)
			}
		}
	}
	return out
}

// text is the command as a file would write it.
func (c Command) text() string {
	if c.Shell.Set {
		return tomltext.Quote(c.Shell.V)
	}
	return tomltext.Array(c.value().([]string))
}

func (c Command) value() any {
	if c.Shell.Set {
		return c.Shell.V
	}
	args := []string{}
	for _, a := range c.Args {
		args = append(args, a.V)
	}
	return args
}

// Texts are the texts of one value of the configuration.
func (r Row) Texts() []string {
	switch v := r.V.(type) {
	case string:
		return []string{v}
	case []string:
		return v
	}
	return nil
}
