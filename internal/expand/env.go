package expand

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"ctenv/internal/config"
	"ctenv/internal/mistake"
	"ctenv/internal/wire"
)

// OwnNames are set by ctenv-init from the caller's identity. A PREFIX_* does not
// carry the host's over them; naming one does.
var OwnNames = []string{"HOME", "USER", "LOGNAME", "SHELL"}

// Passed are the variables of the host that an item of env without a value passes.
func (d *Draft) Passed(item string) []string {
	prefix, pattern := strings.CutSuffix(item, "*")
	if !pattern {
		if _, ok := d.Host.Env[item]; ok {
			return []string{item}
		}
		return nil
	}
	var names []string
	for _, n := range slices.Sorted(maps.Keys(d.Host.Env)) {
		if strings.HasPrefix(n, prefix) && !slices.Contains(OwnNames, n) && !isRequest(n) {
			names = append(names, n)
		}
	}
	return names
}

// checkVar checks an item of env.
func checkVar(s config.String) error {
	name, value, set := strings.Cut(s.V, "=")
	if prefix, ok := strings.CutSuffix(name, "*"); ok && !set {
		if prefix == "" {
			return &config.Error{Pos: s.Pos, Msg: `env: "*" would pass the whole environment of the host`, Hint: "name a prefix: PREFIX_*"}
		}
		return nil
	}
	if strings.Contains(name, "*") && !set {
		return &config.Error{Pos: s.Pos, Msg: fmt.Sprintf("env: %q: a * stands only at the end of a name", s.V), Hint: "name a prefix: PREFIX_*"}
	}
	if err := CheckName(s, "env", name); err != nil {
		return err
	}
	if trimmed := strings.TrimSpace(name); trimmed != name || strings.ContainsAny(name, " :") && !set {
		hint := trimmed
		if set {
			hint += "=" + strings.TrimSpace(value)
		} else if n, v, ok := strings.Cut(trimmed, ":"); ok {
			hint = strings.TrimSpace(n) + "=" + strings.TrimSpace(v)
		}
		return &config.Error{Pos: s.Pos, Msg: fmt.Sprintf("env: %q holds no name of a variable", s.V), Hint: fmt.Sprintf("write %q", hint)}
	}
	return nil
}

// CheckName refuses what no variable can be called, or hold. s is what names it.
func CheckName(s config.String, key, name string) error {
	switch {
	case name == "":
		return &config.Error{Pos: s.Pos, Msg: fmt.Sprintf("%s: %q names no variable", key, s.V), Hint: "write NAME=value, NAME or PREFIX_*"}
	case strings.ContainsRune(s.V, 0):
		return mistake.At(s, key, "%s holds a NUL byte, which no environment variable can", name)
	case isRequest(name):
		return mistake.At(s, key, "%s is ctenv's own", name)
	}
	return nil
}

func isRequest(name string) bool {
	return name == wire.EnvName || strings.HasPrefix(name, wire.EnvName+"_")
}
