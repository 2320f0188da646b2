package expand

import (
	"fmt"
	"slices"
	"strings"

	"ctenv/internal/config"
	"ctenv/internal/runargs"
)

// limits puts the settings under what the user's and the system's file limit. A file
// that asks for more gets the limit, with a warning; on the command line it is a
// mistake.
func (x *expansion) limits(d *Draft) error {
	c := &d.Settings
	over, err := limitRuntime(c, x.shown(d.Raw.Runtime, c.Runtime))
	if err != nil {
		return err
	}
	d.warn(over)
	switch l := c.Limits.Network; {
	case !l.Set, c.Network.V == l.V, c.Network.V == "none":
	case l.V == "bridge" && c.Network.V == "":
	default:
		if over, err = limit(&c.Network, "network", x.shown(d.Raw.Network, c.Network), l); err != nil {
			return err
		}
		d.warn(over)
		c.CreateNetwork.V = false
	}
	return x.limitRunArgs(d)
}

// shown is a value as it can be shown: as it is written where a variable is in it.
func (x *expansion) shown(raw, v config.String) string {
	if x.Vars.Takes(raw.V) {
		return x.Vars.Shown(raw.V)
	}
	return v.V
}

// limitRuntime lets the limit choose the engine. The text says what it has changed, which was
// shown.
func limitRuntime(c *config.Container, shown string) (string, error) {
	l := c.Limits.Runtime
	switch {
	case !l.Set || c.Runtime.V == l.V:
		return "", nil
	case c.Runtime.V == "auto" || c.Runtime.V == "":
		c.Runtime = l
		return "", nil
	}
	return limit(&c.Runtime, "runtime", shown, l)
}

// limit replaces a value, which is shown as that, by a limit.
func limit(v *config.String, key, shown string, l config.String) (string, error) {
	if v.Pos.Source != nil && v.Pos.Source.CommandLine {
		return "", &config.Error{Pos: v.Pos, Msg: fmt.Sprintf("%s: %q is more than the limit %q at %s allows", key, shown, l.V, l.Pos), Hint: "change the limit there"}
	}
	was := *v
	*v = l
	if !was.Set || was.V == "" {
		return "", nil // nobody has asked for it
	}
	return fmt.Sprintf("%s: %s: %q gives way to the limit %q at %s", was.Pos, key, shown, l.V, l.Pos), nil
}

// limitRunArgs sets the options that always are, and drops those that would undo them.
func (x *expansion) limitRunArgs(d *Draft) error {
	words := d.Settings.Limits.RunArgs
	if len(words) == 0 {
		return nil
	}
	asked := d.Options
	d.Options = nil
	if err := x.runArgWords(d, words); err != nil {
		return err
	}
	d.LimitOptions, d.Options = d.Options, nil
	limits := Args(d.LimitOptions)
	limitOf := func(a runargs.Arg) Option { return d.LimitOptions[slices.Index(limits, a)] }
	undone, set := runargs.Under(Args(asked), limits)
	for i, o := range asked {
		l, ok := undone[i]
		if !ok {
			d.Options = append(d.Options, o)
			continue
		}
		shown := o.String()
		if d.Written[o.Pos] != "" {
			shown = o.Shown
		}
		over, err := limit(&config.String{V: o.String(), Pos: o.Pos, Set: true}, "run_args", shown, config.String{V: l.String(), Pos: limitOf(l).Pos})
		if err != nil {
			return err
		}
		d.warn(over)
	}
	for _, a := range set {
		d.Options = append(d.Options, limitOf(a))
	}
	return nil
}

func (d *Draft) warn(text string) {
	if strings.TrimSpace(text) != "" {
		d.Warnings = append(d.Warnings, text)
	}
}
