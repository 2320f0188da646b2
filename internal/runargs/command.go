package runargs

import "cmp"

// Word is an option of `docker run`, as its own command line has it.
type Word struct {
	Name    string // long, without dashes
	Short   string
	Value   bool   // it takes one
	Key     string // the key of ours that it is merged with, or ""
	Instead string // where run_args does not take it: what to do
	flag    string
}

// Lookup finds an option of `docker run` by its long or short name, those among them that
// run_args refuses.
func Lookup(name string) (Word, bool) {
	for _, table := range [][]option{options, keyed, idle} {
		if o := in(table, name); o != nil {
			return Word{Name: o.name, Short: o.short, Value: o.value != "", Key: o.key, flag: o.flag()}, true
		}
	}
	for _, r := range reserved {
		if name != "" && (name == r.name || name == r.short || name == r.alias) {
			return Word{Name: r.name, Short: r.short, Value: r.value, Instead: r.instead, flag: cmp.Or(r.flag, r.instead)}, true
		}
	}
	return Word{}, false
}

// Flag is what to write after `ctenv run` instead.
func (w Word) Flag() string { return w.flag }

// flags are what to write for an option that is no run_args' by nature.
var flags = map[string]string{
	"env":         "--env NAME=value",
	"label":       "--label NAME=value",
	"init":        "every container has the engine's init: leave it out",
	"interactive": "stdin is connected, and a terminal where yours is one: leave it out; -t asks for a terminal",
	"rm":          "the container is removed afterwards anyway: leave it out; ctenv start makes one that stays",
	"network":     "--network NAME",
	"workdir":     "--workdir PATH",
}

func (o *option) flag() string {
	switch {
	case flags[o.name] != "":
		return flags[o.name]
	case o.value == "":
		return "--run-arg=--" + o.name
	}
	return "--run-arg=--" + o.name + "=" + o.value
}
