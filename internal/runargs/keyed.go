package runargs

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// keyed are the options that say what a key of the configuration says. Keys takes them
// out of the words; Parse refuses them.
var keyed = []option{
	{name: "group-add", value: "GROUP", key: "groups"},
	{name: "hostname", short: "h", value: "NAME", key: "hostname"},
	{name: "name", value: "NAME", key: "name"},
	{name: "network", alias: "net", value: "NETWORK", key: "network", way: "--network NAME"},
	{name: "platform", value: "OS/ARCH", key: "platform"},
	{name: "pull", value: "missing|always|never", key: "pull"},
	{name: "workdir", short: "w", value: "PATH", key: "workdir", way: "--workdir PATH"},
}

// idle are switches that say what is so anyway; doc is why it cannot be otherwise.
var idle = []option{
	{name: "init", doc: "every container has the engine's init", way: "every container has the engine's init: leave it out"},
	{name: "interactive", short: "i", doc: "the key is stdin", way: "stdin is connected, and a terminal where yours is one: leave it out; -t asks for a terminal"},
	{name: "rm", doc: "ctenv removes the container itself", way: "the container is removed afterwards anyway: leave it out; ctenv start makes one that stays"},
	{name: "tty", short: "t", doc: "the key is tty"},
}

// errBeside is about letters after those of idle, as in -itd.
var errBeside = errors.New("write as words of their own what is beside -i and -t")

// Keyed is an option that has a key of its own.
type Keyed struct {
	Arg
	Key  string
	Word int // where it stands among the words
}

// Keys takes the options that have a key of ours out of words, whose values are not
// checked and may hold templates, and drops those that say what is so anyway. rest are
// the words that stay, by index. What cannot be read stays too, for Parse to refuse.
func Keys(words []string) (taken []Keyed, rest []int, err error) {
	for i := 0; i < len(words); {
		arg, used, readErr := nextOf(words[i:], anyOption)
		switch {
		case errors.Is(readErr, errBeside):
			return nil, nil, &Error{Word: i, Err: readErr}
		case readErr != nil:
			rest = append(rest, i)
			i++
			continue
		}
		switch {
		case in(keyed, arg.Name) != nil:
			if arg.Value == "" {
				return nil, nil, &Error{Word: i, Err: fmt.Errorf("--%s needs a value", arg.Name)}
			}
			taken = append(taken, Keyed{arg, in(keyed, arg.Name).key, i})
		case in(idle, arg.Name) != nil:
			if on, err := strconv.ParseBool(arg.Value); err != nil || !on {
				return nil, nil, &Error{Word: i, Err: fmt.Errorf("%s does not belong here: %s", arg, in(idle, arg.Name).doc)}
			}
		default:
			for n := range used {
				rest = append(rest, i+n)
			}
		}
		i += used
	}
	return taken, rest, nil
}

// anyOption is lookup that knows those of keyed and idle too.
func anyOption(name string) (*option, error) {
	for _, table := range [][]option{keyed, idle} {
		if o := in(table, name); o != nil {
			return o, nil
		}
	}
	return lookup(name)
}

// in finds an option of a table by any of its names.
func in(table []option, name string) *option {
	for i := range table {
		if o := &table[i]; name == o.name || name != "" && (name == o.short || name == o.alias) {
			return o
		}
	}
	return nil
}

// onlyIdle says whether each letter is a switch of idle, as in -it.
func onlyIdle(letters string) bool {
	return strings.Trim(letters, "it") == ""
}
