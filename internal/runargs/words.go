package runargs

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"ctenv/internal/hint"
	"ctenv/internal/nearest"
)

// next reads one option from the front of words and says how many words it took.
func next(words []string) (arg Arg, used int, err error) { return nextOf(words, lookup) }

func nextOf(words []string, lookup func(string) (*option, error)) (arg Arg, used int, err error) {
	name, value, inline, err := split(words[0])
	if err != nil {
		return Arg{}, 0, err
	}
	o, err := lookup(name)
	if err != nil {
		return Arg{}, 0, err
	}
	switch {
	case in(idle, o.name) != nil && inline && !strings.HasPrefix(words[0], "--") && onlyIdle(value):
		return Arg{o.name, "true"}, 1, nil // -it
	case in(idle, o.name) != nil && inline && !strings.Contains(words[0], "="):
		return Arg{}, 0, fmt.Errorf("%s: %w", words[0], errBeside)
	case o.value == "": // a switch
		if inline && !strings.Contains(words[0], "=") {
			return Arg{}, 0, fmt.Errorf("--%s is a switch: write --%s or --%s=false", o.name, o.name, o.name)
		}
		if !inline {
			value = "true"
		}
		if b, err := parseBool(value); err == nil {
			value = strconv.FormatBool(b) // one word for each: 1, t and TRUE are true as well
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

// Place is where an option stands among words: it starts at words[Start], and its value
// is words[Word][At:], which is nothing for a switch.
type Place struct {
	Name            string
	Start, Word, At int
}

// Places gives the options among words, up to the first that Parse refuses by its name.
// What a value holds does not matter.
func Places(words []string) []Place {
	var places []Place
	for i := 0; i < len(words); {
		arg, used, err := next(words[i:])
		if err != nil {
			break
		}
		p := Place{Name: arg.Name, Start: i, Word: i + used - 1}
		if word := words[p.Word]; used == 1 {
			p.At = len(word)
			if strings.HasSuffix(word, arg.Value) { // not the "true" of a switch
				p.At -= len(arg.Value)
			}
		}
		places = append(places, p)
		i += used
	}
	return places
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

// unknown is an option that the table does not hold. word has its dashes.
func unknown(word, name string) error {
	err, way := fmt.Errorf("%s is not supported; `ctenv help run-args` lists those that are", word), ""
	if near := Nearest(name); near != "" && utf8.RuneCountInString(name) > 1 {
		way = fmt.Sprintf("did you mean --%s?", near)
	}
	return hint.With(err, way)
}

// lookup finds an option by its long or short name.
func lookup(name string) (*option, error) {
	word := "--" + name
	if utf8.RuneCountInString(name) == 1 {
		word = "-" + name
	}
	if o := in(options, name); o != nil {
		return o, nil
	}
	if o := in(keyed, name); o != nil {
		return nil, fmt.Errorf("%s does not belong here: the key is %s", word, o.key)
	}
	if o := cmp.Or(in(idle, name), in(reserved, name)); o != nil {
		return nil, fmt.Errorf("%s does not belong here: %s", word, o.doc)
	}
	return nil, unknown(word, name)
}

// Nearest is the supported option that name may have been meant to be, or "".
func Nearest(name string) string {
	var names []string
	for _, o := range options {
		names = append(names, o.name)
	}
	return nearest.Of(name, names)
}
