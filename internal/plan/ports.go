package plan

import (
	"strings"

	"ctenv/internal/mistake"
	"ctenv/internal/runargs"
	"ctenv/internal/template"
)

// ports has the engine publish those of the key, by the option that docker has for it.
func (x *expansion) ports(d *Draft) error {
	for i, s := range d.c.Ports {
		key := mistake.Item("ports", i, s)
		text, err := x.runArgValue("publish", s, key)
		if err != nil {
			return err
		}
		arg, err := runargs.Port(text)
		if err != nil {
			return mistake.Wrap(s, key, err)
		}
		if n := d.c.Network.V; n == "none" || strings.HasPrefix(n, "container:") {
			return mistake.Wrap(s, key, mistake.Refuse("a container with network "+n+" has no ports of its own", "leave out one of the two"))
		}
		at := placed{s.Pos, arg.Value}
		if template.TakeVariables([]string{s.V}) {
			at.shown = s.V
		}
		d.runArgs, d.runArgsAt = append(d.runArgs, arg), append(d.runArgsAt, at)
	}
	return nil
}

// PicksPort says whether the engine chooses a port of the host, which nobody knows before.
func (p *Plan) PicksPort() bool { return runargs.PicksPort(p.RunArgs) }
