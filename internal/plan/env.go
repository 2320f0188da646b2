package plan

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"ctenv/internal/config"
	"ctenv/internal/mistake"
	"ctenv/internal/wire"
)

// ownNames are set by ctenv-init from the caller's identity. A PREFIX_* does not
// carry the host's over them; naming one does.
var ownNames = []string{"HOME", "USER", "LOGNAME", "SHELL"}

// buildEnv puts the variables together: proxies, those of other settings, env_file, then env, then ctenv's marks.
// What the engine's API cannot carry goes into the request.
func (d *Draft) buildEnv(p *Plan, seen Seen, facts Facts) error {
	env := &envList{index: map[string]int{}}
	for _, v := range facts.Proxies {
		env.set(v)
	}
	for _, v := range d.ownVariables(p, seen) {
		env.set(v)
	}
	for _, sp := range d.envFiles {
		if err := d.believed(sp.at, sp.key, sp.host, seen); err != nil {
			return err
		}
		f := seen.Files[sp.host]
		if f.Err != nil {
			return mistake.At(sp.at, sp.key, "reading %q: %v", sp.host, f.Err)
		}
		file := config.Source{Name: sp.host}
		vars, err := sp.variables(f.Data, d.host.Env)
		if err != nil {
			if mistake := (*config.Error)(nil); errors.As(err, &mistake) {
				mistake.Pos.Source, mistake.Msg = &file, sp.key+": "+mistake.Msg
			}
			return err
		}
		for _, name := range slices.Sorted(maps.Keys(vars)) {
			v := vars[name]
			if err := checkName(config.String{V: v.Value, Pos: config.Pos{Source: &file, Line: v.Line}}, sp.key, name); err != nil {
				return err
			}
			env.set(Var{Name: name, Value: v.Value, FromHost: true, Foreign: sp.at.Pos.Foreign()})
		}
	}
	for _, s := range d.c.Env {
		name, value, set := strings.Cut(s.V, "=")
		if set {
			env.set(Var{Name: name, Value: value, Foreign: s.Pos.Foreign()})
			continue
		}
		for _, n := range d.passed(name) {
			env.set(Var{Name: n, Value: d.host.Env[n], FromHost: true})
		}
	}
	for _, v := range env.vars {
		if slices.Contains(ownNames, v.Name) {
			p.Request.Keep = append(p.Request.Keep, v.Name)
		}
	}
	if _, named := env.index["TERM"]; !named && p.TTY && !d.host.HideEnv {
		p.Request.Term, p.Request.ColorTerm = wire.Text(d.host.Env["TERM"]), wire.Text(d.host.Env["COLORTERM"])
	}
	env.set(Var{Name: "CTENV", Value: "1"})
	env.set(Var{Name: "CTENV_CONTAINER", Value: p.Container})

	for _, v := range env.vars {
		if len(v.Name)+1+len(v.Value) > wire.MaxEnvString {
			return fmt.Errorf("environment variable %s takes %d bytes; the kernel allows %d for one", v.Name, len(v.Name)+1+len(v.Value), wire.MaxEnvString)
		}
		if utf8.ValidString(v.Value) && utf8.ValidString(v.Name) || v.FromHost && d.host.HideEnv {
			p.Env = append(p.Env, v)
		} else {
			p.Request.Env = append(p.Request.Env, wire.Text(v.Name+"="+v.Value))
		}
	}
	return nil
}

// passed are the variables of the host that an item of env without a value passes.
func (d *Draft) passed(item string) []string {
	prefix, pattern := strings.CutSuffix(item, "*")
	if !pattern {
		if _, ok := d.host.Env[item]; ok {
			return []string{item}
		}
		return nil
	}
	var names []string
	for _, n := range slices.Sorted(maps.Keys(d.host.Env)) {
		if strings.HasPrefix(n, prefix) && !slices.Contains(ownNames, n) && !isRequest(n) {
			names = append(names, n)
		}
	}
	return names
}

// envList keeps the order in which names first came up; a later value wins.
type envList struct {
	vars  []Var
	index map[string]int
}

func (l *envList) set(v Var) {
	if i, ok := l.index[v.Name]; ok {
		l.vars[i] = v
		return
	}
	l.index[v.Name] = len(l.vars)
	l.vars = append(l.vars, v)
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
	if err := checkName(s, "env", name); err != nil {
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

func checkName(s config.String, key, name string) error {
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

// checkSize refuses what the kernel would refuse in the container with a bare
// "argument list too long".
func (p *Plan) checkSize() error {
	total, largest := 0, Var{}
	for _, v := range p.Env {
		total += len(v.Name) + 2 + len(v.Value) + 8
		if len(v.Value) > len(largest.Value) {
			largest = v
		}
	}
	for _, t := range p.Request.Env {
		total += len(t) + 9
		if name, value, _ := strings.Cut(string(t), "="); len(value) > len(largest.Value) {
			largest = Var{Name: name, Value: value}
		}
	}
	for _, a := range p.Cmd {
		total += len(a) + 9
		if len(a) > wire.MaxEnvString {
			return fmt.Errorf("an argument of the command takes %d bytes; the kernel allows %d for one", len(a), wire.MaxEnvString)
		}
	}
	for _, a := range p.Request.Command.Args {
		total += len(a) + 9
	}
	request, err := wire.Encode(p.Request)
	if err != nil {
		return err
	}
	for _, s := range request {
		total += len(s) + 9
	}
	if total > wire.MaxArgs {
		return fmt.Errorf("environment and command take %d bytes together; the kernel allows about %d; the largest variable is %s with %d",
			total, wire.MaxArgs, largest.Name, len(largest.Value))
	}
	return nil
}
