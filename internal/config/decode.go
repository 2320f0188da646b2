package config

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"

	"ctenv/internal/tomltext"
)

// decoder turns one table of a file into a Container, strictly.
type decoder struct {
	header    string // of the table, as in "[containers.build]"
	container bool   // it is one of [containers]
	out       Container
	// warnings are about keys that are accepted and have no effect.
	warnings []*Error
}

// decodeContainer reads [containers.NAME], or [defaults] where name is "".
func decodeContainer(name string, e *entry) (Container, []*Error, error) {
	d := &decoder{header: "[defaults]"}
	if name != "" {
		d.header = "[containers." + tomltext.Key(name) + "]"
		d.container = true
	}
	if e.value.kind != unstable.Table {
		return Container{}, nil, &Error{Pos: e.pos, Msg: fmt.Sprintf("%s must be a table, not %s", d.header[1:len(d.header)-1], describe(e.value))}
	}
	d.out.Name = name
	d.out.Pos = e.value.pos
	if err := d.table(e.value, d.header, keys); err != nil {
		return Container{}, nil, err
	}
	if err := d.out.checkUnset(); err != nil {
		return Container{}, nil, err
	}
	if err := d.out.Check(); err != nil {
		return Container{}, nil, err
	}
	return d.out, d.warnings, d.exclusive()
}

// checkUnset refuses a name that is no key.
func (c *Container) checkUnset() error {
	for _, u := range c.Unset {
		if clearKey(&Container{}, keys, u.V) {
			continue
		}
		hint := didYouMean(u.V, keyNames(keys))
		if hint == "" {
			hint = "ctenv config schema prints the keys"
		}
		return &Error{Pos: u.Pos, Msg: fmt.Sprintf("unset: unknown key %q", u.V), Hint: hint}
	}
	return nil
}

// exclusive refuses keys of one table of which only one can hold.
func (d *decoder) exclusive() error {
	c := &d.out
	if c.Image.Set && c.Build.Set {
		return &Error{Pos: c.Image.Pos, Msg: "image and build exclude each other in " + d.header, Hint: "keep one; build.tag names the image that is built"}
	}
	if c.Build.Dockerfile.Set && c.Build.DockerfileContent.Set {
		return &Error{Pos: c.Build.DockerfileContent.Pos, Msg: "dockerfile and dockerfile_content exclude each other in " + d.header, Hint: "keep one"}
	}
	return nil
}

func (d *decoder) table(t *node, header string, keys []Key) error {
	seen := map[*Key]*entry{}
	for _, e := range t.entries {
		k := findKey(keys, e.key)
		if k == nil {
			return unknownKey(e, header, keys)
		}
		if k.ContainersOnly && !d.container {
			return &Error{Pos: e.pos, Msg: fmt.Sprintf("%s has no meaning in %s", e.key, header), Hint: "write it in [containers.NAME]"}
		}
		if other := seen[k]; other != nil {
			return &Error{Pos: e.pos, Msg: fmt.Sprintf("%s and %s are names of one key", other.key, e.key), Hint: "keep " + k.Name}
		}
		seen[k] = e
		if err := d.value(k, e, header); err != nil {
			return hinted(err, k, e.value)
		}
	}
	return nil
}

// value stores the value of one key, which must be of the key's kind.
func (d *decoder) value(k *Key, e *entry, header string) error {
	n := e.value
	var err error // with one, d.out is of no use
	switch k.Kind {
	case KindString:
		*k.field(&d.out).(*String), err = readString(e.key, n)

	case KindBool:
		if n.kind != unstable.Bool {
			return wrongKind(e.key, "true or false", n)
		}
		*k.field(&d.out).(*Value[bool]) = Value[bool]{V: n.text == "true", Pos: n.pos, Set: true}

	case KindBoolOrAuto:
		if n.kind != unstable.Bool && n.kind != unstable.String {
			return wrongKind(e.key, k.OneOf(), n)
		}
		*k.field(&d.out).(*String) = String{V: n.text, Pos: n.pos, Set: true}

	case KindEnv:
		*k.field(&d.out).(*[]String), err = variables(k, e.key, n)

	case KindList, KindNames, KindGroups:
		if k.Kind == KindNames && n.kind == unstable.String {
			n = &node{kind: unstable.Array, pos: n.pos, items: []*node{n}}
		}
		*k.field(&d.out).(*[]String), err = list(k, e.key, n)

	case KindCommand:
		*k.field(&d.out).(*Command), err = command(k, e.key, n)

	case KindPackages:
		*k.field(&d.out).(*Packages), err = packages(k, e.key, n)

	case KindTable, KindUlimits:
		*k.field(&d.out).(*[]Entry), err = table(k, e.key, n)

	case KindKeys:
		if n.kind != unstable.Table {
			return wrongKind(e.key, "a table", n)
		}
		b := k.field(&d.out).(*Build)
		b.Pos, b.Set = n.pos, true
		return d.table(n, strings.TrimSuffix(header, "]")+"."+k.Name+"]", k.Keys)

	case KindIgnored:
		d.warnings = append(d.warnings, &Error{Pos: e.pos, Msg: fmt.Sprintf("%s has no effect", e.key), Hint: "remove it; " + strings.TrimPrefix(k.Doc, "ignored: ")})
	}
	return err
}

// variables gives a list, or a table as "NAME=value".
func variables(k *Key, name string, n *node) ([]String, error) {
	if n.kind != unstable.Table {
		return list(k, name, n)
	}
	entries, err := table(k, name, n)
	var items []String
	for _, e := range entries {
		items = append(items, String{V: e.Key + "=" + e.Value.V, Pos: e.Value.Pos, Set: true})
	}
	return items, err
}

func list(k *Key, name string, n *node) ([]String, error) {
	if n.kind != unstable.Array {
		return nil, wrongKind(name, "an array of strings", n)
	}
	read := readString
	if k.Kind == KindGroups {
		read = group
	}
	var items []String
	for _, item := range n.items {
		s, err := read("an item of "+name, item)
		if err != nil {
			return nil, err
		}
		items = append(items, s)
	}
	return items, nil
}

// group gives a group's name, or its gid in decimal.
func group(what string, n *node) (String, error) {
	switch n.kind {
	case unstable.String:
		return readString(what, n)
	case unstable.Integer:
		id, err := integer(n.text)
		// The largest gid_t means "leave unchanged" to chown(2).
		if err != nil || id < 0 || id >= 1<<32-1 {
			return String{}, &Error{Pos: n.pos, Msg: fmt.Sprintf("%s: %s is no gid", what, n.text)}
		}
		return String{V: strconv.FormatInt(id, 10), Pos: n.pos, Set: true}, nil
	}
	return String{}, wrongKind(what, "a name or a gid", n)
}

func command(k *Key, name string, n *node) (Command, error) {
	c := Command{Pos: n.pos, Set: true}
	var err error
	switch n.kind {
	case unstable.String:
		c.Shell, err = readString(name, n)
	case unstable.Array:
		c.Args, err = list(k, name, n)
	default:
		err = wrongKind(name, "a string or an array of strings", n)
	}
	if err != nil {
		return c, err
	}
	if c.Shell.V == "" && len(c.Args) == 0 {
		return c, &Error{Pos: n.pos, Msg: name + " is empty", Hint: "leave it out for a shell"}
	}
	return c, nil
}

func table(k *Key, name string, n *node) ([]Entry, error) {
	if n.kind != unstable.Table {
		return nil, wrongKind(name, "a table", n)
	}
	read := readText
	if k.Kind == KindUlimits {
		read = ulimit
	}
	var entries []Entry
	for _, e := range n.entries {
		path := name + "." + tomltext.Key(e.key)
		if strings.ContainsRune(e.key, 0) {
			return nil, &Error{Pos: e.pos, Msg: path + " holds a NUL byte"}
		}
		s, err := read(path, e.value)
		if err != nil {
			return nil, err
		}
		entries = append(entries, Entry{Key: e.key, Value: s})
	}
	return entries, nil
}

// ulimit gives a limit as "SOFT" or "SOFT:HARD", whichever way it is written.
func ulimit(path string, n *node) (String, error) {
	switch n.kind {
	case unstable.String, unstable.Integer:
		return readText(path, n)
	case unstable.Table:
		for _, e := range n.entries {
			if e.key != "soft" && e.key != "hard" {
				return String{}, &Error{Pos: e.pos, Msg: fmt.Sprintf("unknown key %q in %s", e.key, path), Hint: "the keys are soft and hard"}
			}
		}
		if n.get("soft") == nil || n.get("hard") == nil {
			return String{}, &Error{Pos: n.pos, Msg: path + " needs both soft and hard"}
		}
		soft, err := limit(path+".soft", n.get("soft").value)
		if err != nil {
			return String{}, err
		}
		hard, err := limit(path+".hard", n.get("hard").value)
		return String{V: soft + ":" + hard, Pos: n.pos, Set: true}, err
	}
	return String{}, wrongKind(path, `a number, "SOFT:HARD" or { soft, hard }`, n)
}

// limit gives one limit in decimal, or a string as it is.
func limit(path string, n *node) (string, error) {
	if n.kind != unstable.Integer && n.kind != unstable.String {
		return "", wrongKind(path, `a number or "unlimited"`, n)
	}
	s, err := readText(path, n)
	return s.V, err
}

// readText takes a number or a boolean for its text too: a value of an argument, a label or
// a variable is one, however it is written.
func readText(what string, n *node) (String, error) {
	switch n.kind {
	case unstable.Integer:
		i, err := integer(n.text)
		if err != nil {
			return String{}, &Error{Pos: n.pos, Msg: fmt.Sprintf("%s: %v", what, err)}
		}
		return String{V: strconv.FormatInt(i, 10), Pos: n.pos, Set: true}, nil
	case unstable.Float, unstable.Bool:
		return String{V: strings.ReplaceAll(n.text, "_", ""), Pos: n.pos, Set: true}, nil
	}
	return readString(what, n)
}

func readString(what string, n *node) (String, error) {
	if n.kind != unstable.String {
		return String{}, wrongKind(what, "a string", n)
	}
	// TOML can write one; no argument, path or variable can hold it.
	if strings.ContainsRune(n.text, 0) {
		return String{}, &Error{Pos: n.pos, Msg: what + " holds a NUL byte"}
	}
	return String{V: n.text, Pos: n.pos, Set: true}, nil
}

// integer reads a TOML integer: 1_024, 0x400, +5.
func integer(text string) (int64, error) {
	return strconv.ParseInt(strings.ReplaceAll(text, "_", ""), 0, 64)
}

func wrongKind(what, want string, n *node) error {
	e := &Error{Pos: n.pos, Msg: fmt.Sprintf("%s must be %s, not %s", what, want, describe(n)), kind: true}
	scalars := []unstable.Kind{unstable.Bool, unstable.Integer, unstable.Float, unstable.LocalDate, unstable.LocalTime, unstable.LocalDateTime, unstable.DateTime}
	switch {
	case strings.HasPrefix(want, "a string") && slices.Contains(scalars, n.kind):
		e.Hint = fmt.Sprintf("put it in quotes: %q", n.text)
	case strings.HasPrefix(want, "true or false") && (n.text == "true" || n.text == "false"):
		e.Hint = "leave the quotes out"
	}
	return e
}

var kindNames = map[unstable.Kind]string{unstable.String: "a string", unstable.Integer: "an integer", unstable.Float: "a float", unstable.Array: "an array", unstable.Table: "a table"}

// describe names what a value is.
func describe(n *node) string {
	if n.kind == unstable.Bool {
		return n.text
	}
	return cmp.Or(kindNames[n.kind], "a date or time")
}
