package config

import (
	"reflect"
	"slices"
	"strings"
)

// Merge puts layers together, the lowest first. A higher scalar replaces a lower
// one, lists follow each other, and an entry of a table replaces the one of the
// same key. An image replaces a lower layer's build and a build replaces a lower
// layer's image; in one layer, which only the command line's can be, image wins.
func Merge(layers ...Container) Container {
	var out Container
	for _, c := range layers {
		if c.Name != "" {
			out.Name, out.Pos = c.Name, c.Pos
		}
		for _, u := range c.Unset {
			clearKey(&out, keys, u.V)
		}
		if c.Image.Set {
			c.Build, out.Build = Build{}, Build{}
		}
		if c.Build.Set {
			out.Image = String{}
		}
		if c.Build.Dockerfile.Set {
			out.Build.DockerfileContent = String{}
		}
		if c.Build.DockerfileContent.Set {
			out.Build.Dockerfile = String{}
		}
		mergeKeys(&out, &c, keys)
	}
	return out
}

// clearKey takes back what is set under a key, as in "network" or "build.args". It says
// whether there is such a key.
func clearKey(c *Container, keys []Key, name string) bool {
	first, rest, deeper := strings.Cut(name, ".")
	k := findKey(keys, first)
	if k == nil || k.field == nil || deeper && k.Kind != KindKeys {
		return false
	}
	if deeper {
		return clearKey(c, k.Keys, rest)
	}
	reflect.ValueOf(k.field(c)).Elem().SetZero()
	return true
}

func mergeKeys(out, c *Container, keys []Key) {
	for _, k := range keys {
		if k.field == nil {
			continue
		}
		switch over := k.field(c).(type) {
		case *String:
			if over.Set {
				*k.field(out).(*String) = *over
			}
		case *Value[bool]:
			if over.Set {
				*k.field(out).(*Value[bool]) = *over
			}
		case *Command:
			if over.Set {
				*k.field(out).(*Command) = *over
			}
		case *[]String:
			base := k.field(out).(*[]String)
			*base = slices.Concat(*base, *over)
		case *Packages:
			base := k.field(out).(*Packages)
			*base = slices.Concat(*base, *over)
		case *[]Entry:
			base := k.field(out).(*[]Entry)
			*base = mergeEntries(*base, *over)
		case *Build:
			if !over.Set {
				continue
			}
			base := k.field(out).(*Build)
			// The default context belongs to the file that has the table: a
			// --build-arg does not move it.
			if !base.Set || over.Pos.Line > 0 {
				base.Pos = over.Pos
			}
			base.Set = true
			mergeKeys(out, c, k.Keys)
		}
	}
}

func mergeEntries(base, over []Entry) []Entry {
	out := slices.Clone(base)
	for _, e := range over {
		i := slices.IndexFunc(out, func(o Entry) bool { return o.Key == e.Key })
		if i < 0 {
			out = append(out, e)
		} else {
			out[i] = e
		}
	}
	return out
}

// WithBuiltins fills what is not set with ctenv's own values. The built-in
// Dockerfile and context of a build stand where the build table stands, because
// they are relative to its file.
func (c Container) WithBuiltins() Container {
	fill(&c, keys, Pos{})
	return c
}

func fill(c *Container, keys []Key, pos Pos) {
	for _, k := range keys {
		if k.Kind == KindKeys && c.Build.Set {
			fill(c, k.Keys, c.Build.Pos)
		}
		if k.Default == "" || !k.wantsDefault(c) {
			continue
		}
		switch v := k.field(c).(type) {
		case *String:
			if !v.Set {
				*v = String{V: k.Default, Pos: pos, Set: true}
			}
		case *Value[bool]:
			if !v.Set {
				*v = Value[bool]{V: k.Default == "true", Pos: pos, Set: true}
			}
		}
	}
}

// wantsDefault is false for a key that another one makes pointless.
func (k *Key) wantsDefault(c *Container) bool {
	switch k.field(c) {
	case any(&c.Image):
		return !c.Build.Set
	case any(&c.Build.Dockerfile), any(&c.Build.Context):
		return !c.Build.DockerfileContent.Set
	}
	return true
}
