package expand

import (
	"strings"

	"ctenv/internal/mistake"
	"ctenv/internal/runargs"
)

// ports has the engine publish those of the key, by the option that docker has for it.
func (x *expansion) ports(d *Draft) error {
	for i, s := range d.Settings.Ports {
		key := mistake.Item("ports", i, s)
		text, err := x.runArgValue("publish", s, key)
		if err != nil {
			return err
		}
		arg, n, err := runargs.Port(text)
		if err == nil {
			// Here already: a range of all ports takes milliseconds to read, and a file may have a
			// hundred thousand of them.
			err = runargs.CountPorts(&x.published, n)
		}
		if err != nil {
			return mistake.Wrap(s, key, err)
		}
		if n := d.Settings.Network.V; n == "none" || strings.HasPrefix(n, "container:") {
			return mistake.Wrap(s, key, mistake.Refuse("a container with network "+n+" has no ports of its own", "leave out one of the two"))
		}
		o := Option{arg, s.Pos, arg.Value}
		if x.Vars.Takes(s.V) {
			o.Shown = d.Shown(s.V)
		}
		d.Options = append(d.Options, o)
	}
	return nil
}
