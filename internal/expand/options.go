package expand

import (
	"strings"

	"ctenv/internal/config"
	"ctenv/internal/runargs"
)

// Option is an option of run_args, with where it stands, and how it is shown: as it is
// written where a variable's value would be in it, else resolved.
type Option struct {
	runargs.Arg
	Pos   config.Pos
	Shown string
}

// shownOption is a, whose words stand in raw too, as it can be shown.
func (d *Draft) shownOption(a runargs.Arg, raw []string) string {
	if d.vars.Takes(raw...) {
		return d.Shown(strings.Join(raw, " "))
	}
	return strings.TrimSuffix(a.String(), "=true")
}

// Args are options as the engine gets them.
func Args(options []Option) []runargs.Arg {
	var all []runargs.Arg
	for _, o := range options {
		all = append(all, o.Arg)
	}
	return all
}

// raws are the texts as they are written.
func raws(words []config.String) []string {
	var out []string
	for _, w := range words {
		out = append(out, w.V)
	}
	return out
}

// Profiles are the files of seccomp profiles among the options of `docker run`, each with
// its place. They travel as their content, which the docker command reads too.
func (d *Draft) Profiles() map[string]config.Pos {
	files := map[string]config.Pos{}
	for _, o := range d.Options {
		if file := o.Profile(); file != "" {
			files[file] = o.Pos
		}
	}
	return files
}
