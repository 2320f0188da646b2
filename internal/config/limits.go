package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// Limits are what no project's file can undo: [limits] in the user's and the
// system's file.
type Limits struct {
	Network String // "none", or "bridge": nothing that reaches more
	Runtime String
	RunArgs []String // set in every run, over all others
	Forbid  []String // grants that no project's file gets, of GrantKinds
}

// GrantKinds are the kinds of what a project's file can ask for beyond its own
// directory. They name a grant in forbid, and in the records of what was allowed.
var GrantKinds = []string{
	"path", "device", "git", "volume", "image", // files
	"variable",
	"network", "port", "name", // network
	"group", "option", "label", "runtime", // privileges
}

// LimitKeys are the keys of [limits], in the order in which they are shown.
func LimitKeys() []Key { return limitKeys }

var limitKeys = []Key{
	{
		Name: "network", Kind: KindString, Values: []string{"none", "bridge"},
		Unset: "no limit",
		Doc:   "what a container reaches at most: none is no network, bridge neither the host's nor another container's nor one with a name",
		Like:  `"none"`,
		field: func(c *Container) any { return &c.Limits.Network },
	},
	{
		Name: "runtime", Kind: KindString, Values: []string{"docker", "podman"},
		Unset: "no limit",
		Doc:   "the one engine to use",
		Like:  `"podman"`,
		field: func(c *Container) any { return &c.Limits.Runtime },
	},
	{
		Name: "run_args", Kind: KindList,
		Doc:   "options of docker run that are always set, over those of every file",
		Like:  `["--security-opt=no-new-privileges", "--memory=8g"]`,
		field: func(c *Container) any { return &c.Limits.RunArgs },
	},
	{
		Name: "forbid", Kind: KindList, Values: GrantKinds,
		Doc:   "what a project's file may not even ask for",
		Like:  `["device", "option"]`,
		field: func(c *Container) any { return &c.Limits.Forbid },
	},
}

// parseLimits reads [limits].
func parseLimits(n *node) (Limits, error) {
	if n.kind != unstable.Table {
		return Limits{}, wrongKind("limits", "a table", n)
	}
	d := &decoder{header: "[limits]"}
	if err := d.table(n, d.header, limitKeys); err != nil {
		return Limits{}, err
	}
	for _, v := range []String{d.out.Limits.Network, d.out.Limits.Runtime} {
		// It could not be compared with another limit before it is expanded.
		if hasTemplate(v.V) {
			return Limits{}, &Error{Pos: v.Pos, Msg: fmt.Sprintf("a limit takes no template, as in %q", v.V)}
		}
	}
	return d.out.Limits, check(&d.out, limitKeys)
}

// and puts the limits of a further file, one of lower priority, together with l: the
// stricter of two holds.
func (l Limits) and(o Limits) (Limits, error) {
	if !l.Network.Set || o.Network.V == "none" {
		l.Network = o.Network
	}
	switch {
	case !l.Runtime.Set:
		l.Runtime = o.Runtime
	case o.Runtime.Set && o.Runtime.V != l.Runtime.V:
		return l, &Error{Pos: l.Runtime.Pos, Msg: fmt.Sprintf("the limit runtime is %q here and %q at %s", l.Runtime.V, o.Runtime.V, o.Runtime.Pos),
			Hint: "remove one of the two"}
	}
	// The last of two options wins, and the system's file is read last.
	l.RunArgs = slices.Concat(l.RunArgs, o.RunArgs)
	l.Forbid = slices.Concat(l.Forbid, o.Forbid)
	return l, nil
}

// Rows are the rows of Container.Rows for the limits.
func (l Limits) Rows() []Row { return rows(&Container{Limits: l}, limitKeys, "limits.") }

// Forbids gives the place where a kind of grant is forbidden.
func (l Limits) Forbids(kind string) (Pos, bool) {
	for _, f := range l.Forbid {
		if f.V == kind {
			return f.Pos, true
		}
	}
	return Pos{}, false
}

// Trust says about which projects nothing is asked.
type Trust struct {
	Off bool // about none
	// Dirs are directories: about no project in them. They are absolute.
	Dirs []String
}

func (t *Trust) add(o Trust) {
	t.Off = t.Off || o.Off
	t.Dirs = slices.Concat(t.Dirs, o.Dirs)
}

// parseTrust reads trust = "off", or a list of directories.
func parseTrust(n *node) (Trust, error) {
	if n.kind == unstable.Array {
		dirs, err := list(&Key{Kind: KindList}, "trust", n)
		return Trust{Dirs: dirs}, err
	}
	if n.kind != unstable.String {
		return Trust{}, wrongKind("trust", `"off" or an array of directories`, n)
	}
	s, err := readString("trust", n)
	if err != nil {
		return Trust{}, err
	}
	if s.V != "off" {
		return Trust{}, &Error{Pos: s.Pos, Msg: fmt.Sprintf("trust must be \"off\" or an array of directories, not %q", s.V), Hint: "leave it out to be asked"}
	}
	return Trust{Off: true}, nil
}

// resolve makes the directories absolute.
func (t *Trust) resolve(home string) error {
	for i, d := range t.Dirs {
		if !strings.HasPrefix(d.V, "/") && d.V != "~" && !strings.HasPrefix(d.V, "~/") {
			return &Error{Pos: d.Pos, Msg: fmt.Sprintf("trust: %q is not an absolute path", d.V), Hint: "write ~/" + d.V}
		}
		t.Dirs[i].V = Absolute(d.V, "/", home)
	}
	return nil
}
