package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// DefaultName is the name of the container with default = true, "" where there
// is none. Two of them are an error. Of the other keys of a container nothing is
// looked at.
func (c *Config) DefaultName() (string, error) {
	var marked []string
	for _, name := range c.Names() {
		t := c.container(name).value
		e := t.get("default")
		if e == nil {
			continue
		}
		if e.value.kind != unstable.Bool {
			return "", wrongKind("default", "true or false", e.value)
		}
		if e.value.text == "true" {
			marked = append(marked, name)
		}
	}
	switch len(marked) {
	case 0:
		return "", nil
	case 1:
		return marked[0], nil
	}
	return "", &Error{Msg: "Multiple containers marked as default: " + strings.Join(marked, ", "), Hint: "name the one to use, or keep default = true in one"}
}

// Resolve gives the container of that name as it is in force: built-in values,
// [defaults], the container and flags, each over the one before. The name "" is
// the default container, or [defaults] alone where no container is marked.
func (c *Config) Resolve(name string, flags Container) (Container, error) {
	if name == "" {
		var err error
		if name, err = c.DefaultName(); err != nil {
			return Container{}, err
		}
	}
	var layers []Container
	if e := c.defaults(); e != nil {
		layer, err := c.decode("", e)
		if err != nil {
			return Container{}, err
		}
		layers = append(layers, layer)
	}
	if name != "" {
		e := c.container(name)
		if e == nil {
			return Container{}, c.unknown(name)
		}
		layer, err := c.decode(name, e)
		if err != nil {
			return Container{}, err
		}
		layers = append(layers, layer)
	}
	if err := flags.Check(); err != nil {
		return Container{}, err
	}
	flags.Name = "" // the container's name is not the command line's to set
	return Merge(append(layers, flags)...).WithBuiltins(), nil
}

func (c *Config) decode(name string, e *entry) (Container, error) {
	layer, warnings, err := decodeContainer(name, e)
	for _, w := range warnings {
		// A container may be resolved more than once.
		if !slices.ContainsFunc(c.Warnings, func(old *Error) bool { return old.Pos == w.Pos }) {
			c.Warnings = append(c.Warnings, w)
		}
	}
	return layer, err
}

func (c *Config) unknown(name string) error {
	names := c.Names()
	e := &Error{Msg: fmt.Sprintf("Unknown container %q", name), Hint: didYouMean(name, names)}
	if len(names) == 0 {
		e.Msg += ": no configuration file has one"
	} else {
		e.Msg += "; there are " + strings.Join(names, ", ")
	}
	for i := range len(name) {
		if outer := c.container(name[:i]); name[i] == '.' && outer != nil && outer.value.get(name[i+1:]) != nil {
			e.Pos, e.Hint = outer.pos, dottedName(name)
		}
	}
	return e
}
