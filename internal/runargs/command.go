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
	if o := in(reserved, name); o != nil {
		return Word{Name: o.name, Short: o.short, Value: o.value != "", Instead: o.doc, flag: cmp.Or(o.way, o.doc)}, true
	}
	return Word{}, false
}

// Flag is what to write after `ctenv run` instead.
func (w Word) Flag() string { return w.flag }

func (o *option) flag() string {
	switch {
	case o.way != "":
		return o.way
	case o.value == "":
		return "--run-arg=--" + o.name
	}
	return "--run-arg=--" + o.name + "=" + o.value
}
