package config

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2/unstable"
)

// DefaultContainer is what a container without a name is called, so one of that name in the
// files is what no name means: two of one name would be taken for each other.
const DefaultContainer = "default"

// DefaultName is the container that no name means: the one with default = true, or the
// one called "default"; else, unless flags or [defaults] name an image, the only one
// there is. "" is [defaults] alone. Several of which none is marked are an error.
func (c *Config) DefaultName(flags Container) (string, error) {
	names := c.Names()
	name, err := c.Marked()
	switch {
	case err != nil || name != "":
		return name, err
	case len(names) == 0, flags.Image.Set, flags.Build.Dockerfile.Set, flags.Build.DockerfileContent.Set, c.defaultsHaveImage():
		return "", nil
	case len(names) == 1:
		return names[0], nil
	}
	return "", &Error{
		Msg:  "no container is named, and there are several: " + strings.Join(names, ", "),
		Hint: "name the one to use, or write default = true in one",
	}
}

// Runs are all that a run without flags can have: the containers, and what no name means,
// where that is none of them, as DefaultContainer.
func (c *Config) Runs() []string {
	names := c.Names()
	if name, err := c.DefaultName(Container{}); name == "" && err == nil {
		names = append(names, DefaultContainer)
	}
	return names
}

// Marked is the container with default = true, or the one called "default", "" where
// there is none. Two marked ones are an error. Of the other keys of a container nothing
// is looked at.
func (c *Config) Marked() (string, error) {
	var marked []string
	for _, name := range c.Names() {
		is := false
		for _, t := range c.tables(name, 0) {
			e := t.value.get("default")
			if e == nil {
				continue
			}
			if e.value.kind != unstable.Bool {
				return "", wrongKind("default", "true or false", e.value)
			}
			is = e.value.text == "true"
		}
		if is {
			marked = append(marked, name)
		}
	}
	switch {
	case len(marked) > 1:
		return "", &Error{Msg: "Multiple containers marked as default: " + strings.Join(marked, ", "), Hint: "name the one to use, or keep default = true in one"}
	case len(marked) == 1:
		return marked[0], nil
	case slices.Contains(c.Names(), DefaultContainer):
		return DefaultContainer, nil
	}
	return "", nil
}

// defaultsHaveImage says that [defaults] are a container by themselves.
func (c *Config) defaultsHaveImage() bool {
	return slices.ContainsFunc(c.defaults(), func(e *entry) bool {
		return e.value.get("image") != nil || e.value.get("build") != nil
	})
}

// Resolve gives the container of that name as it is in force: built-in values,
// [defaults] of each file, what the container extends, the container and flags, each over the one before. The name ""
// is what DefaultName says; DefaultContainer, where no container is called that, is
// [defaults] alone.
func (c *Config) Resolve(name string, flags Container) (Container, error) {
	if name == "" {
		var err error
		if name, err = c.DefaultName(flags); err != nil {
			return Container{}, err
		}
	}
	if name == DefaultContainer && len(c.tables(name, 0)) == 0 {
		name = ""
	}
	return c.layers(name, flags)
}

// Defaults is what holds for every container.
func (c *Config) Defaults() (Container, error) { return c.layers("", Container{}) }

// layers puts a container together; "" is [defaults] alone.
func (c *Config) layers(name string, flags Container) (Container, error) {
	var layers []Container
	for _, t := range c.defaults() {
		layer, err := c.decode("", t)
		if err != nil {
			return Container{}, err
		}
		layers = append(layers, layer)
	}
	ch := chain{c: c, done: map[*entry]bool{}}
	own := false
	if name != "" {
		tables := c.tables(name, 0)
		if len(tables) == 0 {
			return Container{}, c.unknown(name)
		}
		if !validName(name) {
			return Container{}, &Error{Pos: tables[0].entry.pos, Msg: fmt.Sprintf("%q is no name for a container", name),
				Hint: "letters, digits, spaces and _ . + - only, a letter, a digit or _ first: ${container} is part of paths and of names"}
		}
		own = !tables[0].pos.Foreign()
		if err := ch.add(tables, Pos{}); err != nil {
			return Container{}, err
		}
	}
	layers = append(layers, ch.layers...)
	if err := flags.Check(); err != nil {
		return Container{}, err
	}
	// What the caller types is as long as it is.
	files := Merge(layers...)
	if err := checkLengths(&files, keys, ""); err != nil {
		return Container{}, err
	}
	flags.Name = "" // the container's name is not the command line's to set
	out := Merge(append(layers, flags)...).WithBuiltins()
	out.Limits, out.Borrowed, out.Own = c.limits, ch.borrowed, own
	return out, nil
}

// validName says whether a container may be called so. The user's own file may have
// ${container} in a path, where it must be one component, and in other texts, where it
// must end nothing and begin nothing.
func validName(name string) bool {
	for i, r := range name {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '_', i > 0 && (unicode.IsMark(r) || strings.ContainsRune(" .+-", r)):
		default:
			return false
		}
	}
	return name != "" && utf8.ValidString(name)
}

func (c *Config) decode(name string, e *entry) (Container, error) {
	layer, warnings, err := decodeContainer(name, e)
	for _, w := range warnings {
		// A container may be resolved more than once.
		if !slices.ContainsFunc(c.Warnings, func(old *Error) bool { return old.Pos == w.Pos }) {
			c.Warnings = append(c.Warnings, w)
		}
	}
	if err == nil {
		err = checkLengths(&layer, keys, "") // before layers are merged, which takes its time too
	}
	return layer, err
}

func (c *Config) unknown(name string) error {
	names := c.Names()
	e := &Error{Unknown: name, Msg: fmt.Sprintf("Unknown container %q", name), Hint: didYouMean(name, names)}
	switch len(names) {
	case 0:
		e.Msg += ": no configuration file has one"
	case 1:
		e.Msg += "; the only one is " + names[0]
	default:
		e.Msg += "; there are " + strings.Join(names, ", ")
	}
	for i := range len(name) {
		if name[i] != '.' {
			continue
		}
		for _, outer := range c.tables(name[:i], 0) {
			if outer.value.get(name[i+1:]) != nil {
				e.Pos, e.Hint = outer.pos, dottedName(name)
			}
		}
	}
	return e
}
