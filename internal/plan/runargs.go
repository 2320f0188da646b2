package plan

import (
	"path"
	"strings"

	"ctenv/internal/config"
	"ctenv/internal/runargs"
)

// runArgTexts expands a copy of each word. What an --env or a --label holds is
// passed on as it is and can stay a mark; other options are checked and cannot.
func (x *expansion) runArgTexts(c *config.Container) error {
	out := make([]config.String, len(c.RunArgs))
	value := false // the word belongs to the option before it
	for i, s := range c.RunArgs {
		m := strict
		if value || strings.HasPrefix(s.V, "--env=") || strings.HasPrefix(s.V, "--label=") ||
			strings.HasPrefix(s.V, "-e") || strings.HasPrefix(s.V, "-l") {
			m = hideable
		}
		value = s.V == "--env" || s.V == "--label" || s.V == "-e" || s.V == "-l"
		if err := x.text(&s, item("run_args", i, s), m); err != nil {
			return err
		}
		out[i] = s
	}
	c.RunArgs = out
	return nil
}

// runArgs takes the options of `docker run` apart: what has a key of ours goes
// there, the rest stays.
func (x *expansion) runArgs(d *Draft) error {
	for words := d.c.RunArgs; len(words) > 0; {
		// An option and its value may be two words, but not from two sources;
		// relative paths belong to the source.
		n := 1
		for n < len(words) && words[n].Pos.Source == words[0].Pos.Source {
			n++
		}
		if err := x.runArgsOf(d, words[:n]); err != nil {
			return err
		}
		words = words[n:]
	}
	return nil
}

func (x *expansion) runArgsOf(d *Draft, words []config.String) error {
	var texts []string
	for _, w := range words {
		texts = append(texts, w.V)
	}
	pos := words[0].Pos
	args, err := runargs.Parse(texts)
	if err != nil {
		e := &config.Error{Pos: pos, Msg: err.Error()}
		if r, ok := err.(*runargs.Error); ok {
			e.Pos, e.Hint = words[r.Word].Pos, r.Hint
		}
		return e
	}
	args = runargs.Resolve(args, func(p string) string {
		if abs, err := x.onlyPath(p, pos); err == nil {
			return abs
		}
		return p
	})
	for _, a := range args {
		value := config.String{V: a.Value, Pos: pos, Set: true}
		name, rest, _ := strings.Cut(a.Value, "=")
		entry := config.Entry{Key: name, Value: config.String{V: rest, Pos: pos, Set: true}}
		switch a.Key() {
		case "env":
			d.c.Env = append(d.c.Env, value)
		case "env_file":
			if err := x.envFile(d, value, "run_args: --env-file"); err != nil {
				return err
			}
		case "labels":
			d.c.Labels = append(d.c.Labels, entry)
		case "ulimits":
			d.c.Ulimits = append(d.c.Ulimits, entry)
		case "volumes":
			if err := x.volume(d, value, "run_args: --volume"); err != nil {
				return err
			}
		default:
			d.runArgs = append(d.runArgs, a)
			if m, ok := a.Mount(); ok {
				d.others = append(d.others, otherMount(m, config.String{V: a.String(), Pos: pos, Set: true}))
			}
		}
	}
	return nil
}

// otherMount is a mount that the engine makes as run_args words it. A bind mount
// has its host path; what else is mounted lies outside of the host's files.
func otherMount(m runargs.Mount, at config.String) spec {
	sp := spec{at: at, key: "run_args", named: true, target: path.Clean(m.Target)}
	if path.IsAbs(m.Source) {
		sp.host, sp.named = path.Clean(m.Source), false
	}
	sp.readOnly = m.ReadOnly
	return sp
}
