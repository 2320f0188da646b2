package config

import (
	"fmt"
	"slices"
	"strings"
)

// placed is a container's table and the file that has it, by its index in Config.files.
type placed struct {
	*entry
	file int
}

// tables gives those that make up a container, as files from that index on have it, the
// lowest first: the one in the highest file that has it, which replaces those in lower
// files whole, and over it that of the local file. None: there is no such container.
func (c *Config) tables(name string, from int) []placed {
	var found []placed
	for i, f := range c.files {
		if i < from {
			continue
		}
		for _, e := range f.containers {
			if e.key == name {
				found = append(found, placed{e, i})
			}
		}
		if len(found) > 0 && !f.Local {
			break
		}
	}
	slices.Reverse(found)
	return found
}

// chain is how a container is put together: its own tables, and below them those of the
// containers that it extends, each once.
type chain struct {
	c        *Config
	way      []placed // the containers that are being extended, outermost first
	layers   []Container
	done     map[*entry]bool
	borrowed []String
}

// add appends the layers of a container. at is where it is named.
func (ch *chain) add(tables []placed, at Pos) error {
	first := tables[0]
	if ch.done[first.entry] {
		return nil
	}
	if i := slices.Index(ch.way, first); i >= 0 {
		var round []string
		for _, t := range append(ch.way[i:], first) {
			round = append(round, t.key)
		}
		e := &Error{Pos: at, Msg: "extends goes round: " + strings.Join(round, " → "), Hint: "take one of them out"}
		if len(round) == 2 { // of one name: the local file's, which is a part of the other
			e.Hint = "leave extends out: what the local file says of a container is added to it by itself"
		}
		return e
	}
	ch.way = append(ch.way, first)
	var own []Container
	for _, t := range tables {
		layer, err := ch.c.decode(t.key, t.entry)
		if err != nil {
			return err
		}
		for _, base := range layer.Extends {
			if err := ch.base(base, t); err != nil {
				return err
			}
		}
		own = append(own, layer)
	}
	ch.way = ch.way[:len(ch.way)-1]
	ch.done[first.entry] = true
	ch.layers = append(ch.layers, own...)
	return nil
}

// base adds a container that another one extends, of that file or a lower one. One of
// the same name can only be of a lower one.
func (ch *chain) base(base String, t placed) error {
	from := t.file
	switch {
	case base.V == t.key:
		from++
	case from > 0 && ch.c.files[from-1].Local:
		from-- // which belongs to the file below it
	}
	tables := ch.c.tables(base.V, from)
	if len(tables) == 0 {
		e := &Error{Pos: base.Pos, Msg: fmt.Sprintf("extends: Unknown container %q in this file or a lower one", base.V), Hint: didYouMean(base.V, ch.c.Names())}
		switch {
		case base.V == t.key:
			e.Hint = "a container extends one of its own name only where a lower file has that"
		case len(ch.c.tables(base.V, 0)) > 0:
			e.Hint = "a file that stands above this one has it"
		}
		return e
	}
	before := len(ch.layers)
	if err := ch.add(tables, base.Pos); err != nil {
		return err
	}
	for i := range ch.layers[before:] {
		layer := &ch.layers[before+i]
		layer.Default = Value[bool]{} // the base's alone
		if base.Pos.Foreign() && !layer.Pos.Foreign() && !slices.Contains(ch.borrowed, base) {
			ch.borrowed = append(ch.borrowed, base)
		}
	}
	return nil
}
