package expand

import (
	"encoding/csv"
	"fmt"
	"path"
	"strings"

	"ctenv/internal/config"
	"ctenv/internal/mistake"
	"ctenv/internal/runargs"
	"ctenv/internal/template"
	"ctenv/internal/volume"
)

// runArgTexts expands the values of options, once it is known where each stands: no
// template's value becomes an option, nor a field of one. words are of one source, and
// the first of them is item n of its list.
func (x *expansion) runArgTexts(words []config.String, n int) ([]string, error) {
	texts := raws(words)
	for _, p := range runargs.Places(texts) {
		s := words[p.Word]
		s.V = s.V[p.At:]
		value, err := x.runArgValue(p.Name, s, mistake.Item("run_args", n+p.Word, s))
		if err != nil {
			return nil, err
		}
		texts[p.Word] = texts[p.Word][:p.At] + value
	}
	return texts, nil
}

// fieldsOf are the separators of the options whose value is more than one thing.
var fieldsOf = map[string]string{"device": ":", "tmpfs": ":,", "publish": ":", "volumes-from": ":", "gpus": ",\""}

func (x *expansion) runArgValue(option string, s config.String, key string) (string, error) {
	defer x.Vars.At(s.Pos)()
	switch option {
	case "volume":
		return s.V, nil // volume.Reader expands it
	case "mount":
		return x.mountText(s, key)
	case "env", "label":
		// It is passed on as it is and can stay a mark; other options are checked and cannot.
		return x.Vars.Expand(s, key, template.Hideable)
	}
	if seps := fieldsOf[option]; seps != "" {
		for i := range len(seps) {
			for _, part := range template.SplitAt(s.V, seps[i]) {
				if value, err := x.Vars.Text(part, template.Strict); err == nil && strings.IndexByte(value, seps[i]) >= 0 {
					return "", mistake.Wrap(s, key, mistake.Refuse(fmt.Sprintf("the value has a %q, which would start another field of --%s", seps[i], option), "write each field by itself"))
				}
			}
		}
	}
	return x.Vars.Expand(s, key, template.Strict)
}

// mountText expands each field of a --mount.
func (x *expansion) mountText(s config.String, key string) (string, error) {
	fields, err := csv.NewReader(strings.NewReader(s.V)).Read()
	if err != nil {
		return s.V, nil // Parse refuses it
	}
	for i := range fields {
		name, value, set := strings.Cut(fields[i], "=")
		if set {
			if value, err = x.Vars.Text(value, template.Strict); err != nil {
				return "", mistake.Of(s.Pos, err, "%s: %v", key, err)
			}
			fields[i] = name + "=" + value
		}
	}
	return runargs.CSV(fields), nil
}

// runArgs takes the options of `docker run` apart: what has a key of ours goes
// there, the rest stays.
func (x *expansion) runArgs(d *Draft) error {
	if err := x.runArgWords(d, d.Settings.RunArgs); err != nil {
		return err
	}
	return d.Health.check()
}

func (x *expansion) runArgWords(d *Draft, words []config.String) error {
	for first := 0; first < len(words); {
		n := first + sameSource(words[first:])
		if err := x.runArgsOf(d, words[first:n], first); err != nil {
			return err
		}
		first = n
	}
	return nil
}

func (x *expansion) runArgsOf(d *Draft, words []config.String, n int) error {
	texts, err := x.runArgTexts(words, n)
	if err != nil {
		return err
	}
	pos := words[0].Pos
	args, err := runargs.ParseBeside(texts, &x.published)
	if err != nil {
		return runArgError(err, words)
	}
	args = runargs.Resolve(args, func(p string) string {
		if abs, err := x.Path(p, pos); err == nil {
			return abs
		}
		return p
	})
	places := runargs.Places(texts)
	for i, a := range args {
		own := words[places[i].Start : places[i].Word+1]
		pos = own[0].Pos
		raw := raws(own)
		if x.Vars.Takes(raw...) {
			if d.Written == nil {
				d.Written = map[config.Pos]string{}
			}
			d.Written[pos] = strings.Join(raw, " ")
		}
		value := config.String{V: a.Value, Pos: pos, Set: true}
		name, rest, _ := strings.Cut(a.Value, "=")
		entry := config.Entry{Key: name, Value: config.String{V: rest, Pos: pos, Set: true}}
		switch a.Key() {
		case "env":
			d.Settings.Env = append(d.Settings.Env, value)
		case "env_file":
			if err := x.envFile(d, value, "run_args: --env-file"); err != nil {
				return err
			}
		case "labels":
			d.Settings.Labels = append(d.Settings.Labels, entry)
		case "ulimits":
			d.Settings.Ulimits = append(d.Settings.Ulimits, entry)
		case "volumes":
			if err := x.volume(d, value, "run_args: --volume"); err != nil {
				return err
			}
		default:
			if err := x.engineArg(d, Option{a, pos, d.shownOption(a, raw)}, value); err != nil {
				return err
			}
		}
	}
	return nil
}

// engineArg takes an option that no key of ours has: what ctenv-init carries out, and
// what goes to the engine.
func (x *expansion) engineArg(d *Draft, o Option, value config.String) error {
	taken, err := d.Podmans.take(x, d, o)
	if err != nil {
		return err
	}
	if taken || d.Health.take(o.Name, value) {
		d.InitOptions = append(d.InitOptions, o)
		return nil
	}
	d.Options = append(d.Options, o)
	if m, ok := o.Mount(); ok {
		d.Others = append(d.Others, otherMount(m, config.String{V: o.String(), Pos: o.Pos, Set: true}))
	}
	return nil
}

// otherMount is a mount that the engine makes as run_args words it. A bind mount
// has its host path; what else is mounted lies outside of the host's files.
func otherMount(m runargs.Mount, at config.String) volume.Spec {
	sp := volume.Spec{At: at, Key: "run_args", Named: true, Target: path.Clean(m.Target)}
	if path.IsAbs(m.Source) {
		sp.Host, sp.Named = path.Clean(m.Source), false
	}
	sp.ReadOnly = m.ReadOnly
	return sp
}
