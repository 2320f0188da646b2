package runargs

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"ctenv/internal/config"
)

// next reads one option from the front of words and says how many words it took.
func next(words []string) (arg Arg, used int, err error) {
	name, value, inline, err := split(words[0])
	if err != nil {
		return Arg{}, 0, err
	}
	o, err := lookup(name)
	if err != nil {
		return Arg{}, 0, err
	}
	switch {
	case o.value == "": // a switch
		if inline && !strings.Contains(words[0], "=") {
			return Arg{}, 0, fmt.Errorf("--%s is a switch: write --%s or --%s=false", o.name, o.name, o.name)
		}
		if !inline {
			value = "true"
		}
		return Arg{o.name, value}, 1, nil
	case inline:
		return Arg{o.name, value}, 1, nil
	case len(words) == 1:
		return Arg{}, 0, fmt.Errorf("--%s needs a value: --%s=%s", o.name, o.name, o.value)
	case strings.HasPrefix(words[1], "--"):
		// docker would take it as the value; here it is a forgotten one.
		return Arg{}, 0, fmt.Errorf("--%s needs a value, but %q follows: write --%s=%s", o.name, words[1], o.name, o.value)
	}
	return Arg{o.name, words[1]}, 2, nil
}

// split takes a word apart into the option's name (a single letter for the short
// form) and the value that stands in the same word.
func split(word string) (name, value string, inline bool, err error) {
	rest, long := strings.CutPrefix(word, "--")
	if !long {
		var ok bool
		rest, ok = strings.CutPrefix(word, "-")
		if !ok {
			return "", "", false, fmt.Errorf("%q is no option: one starts with --", word)
		}
	}
	end := strings.IndexAny(rest, "= \t\n")
	if !long && rest != "" {
		// -p8080:80: a short name is one letter, whatever follows.
		_, end = utf8.DecodeRuneInString(rest)
	}
	if end < 0 {
		end = len(rest)
	}
	name, value = rest[:end], rest[end:]
	if name == "" {
		return "", "", false, fmt.Errorf("%q is no option", word)
	}
	if value == "" {
		return name, "", false, nil
	}
	if v, ok := strings.CutPrefix(value, "="); ok {
		return name, v, true, nil
	}
	return name, strings.TrimLeft(value, " \t\n"), true, nil
}

// unknownError is an option that the table does not hold.
type unknownError struct {
	word    string // with its dashes
	nearest string // the long name that it may have meant, or ""
}

func (e *unknownError) Error() string {
	return e.word + " is not supported; docs/run-args.md lists those that are"
}

// lookup finds an option by its long or short name.
func lookup(name string) (*option, error) {
	word := "--" + name
	if utf8.RuneCountInString(name) == 1 {
		word = "-" + name
	}
	for i := range options {
		if o := &options[i]; name == o.name || name == o.short || name == o.alias {
			return o, nil
		}
	}
	for _, r := range reserved {
		if name == r.name || name == r.short || name == r.alias {
			return nil, fmt.Errorf("%s does not belong here: %s", word, r.instead)
		}
	}
	return nil, &unknownError{word: word, nearest: nearest(name)}
}

// nearest is the supported option that name may have been meant to be, or "".
func nearest(name string) string {
	var names []string
	for _, o := range options {
		names = append(names, o.name)
	}
	return config.Nearest(name, names)
}

// find is lookup for a long name that is known to be spelled in full.
func find(name string) *option {
	for i := range options {
		if options[i].name == name {
			return &options[i]
		}
	}
	return nil
}
