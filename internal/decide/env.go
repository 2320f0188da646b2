package decide

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"ctenv/internal/config"
	"ctenv/internal/expand"
	"ctenv/internal/look"
	"ctenv/internal/plan"
	"ctenv/internal/wire"
)

// buildEnv puts the variables together: proxies, those of other settings, env_file, then env, then ctenv's marks.
// What the engine's API cannot carry goes into the request.
func (d *decision) buildEnv(p *plan.Plan, seen look.Seen, facts look.Facts) error {
	env := &envList{index: map[string]int{}, fromGit: map[string]bool{}}
	for _, kv := range facts.Proxies {
		name, value, _ := strings.Cut(kv, "=")
		env.set(plan.Var{Name: name, Value: value, FromHost: true})
	}
	for _, v := range d.ownVariables(p, seen) {
		env.set(v)
		env.fromGit[v.Name] = v.Name != expand.AgentVariable
	}
	d.fromGit = env.fromGit
	if err := d.fromFiles(p, seen, env); err != nil {
		return err
	}
	for _, s := range d.Settings.Env {
		name, value, set := strings.Cut(s.V, "=")
		if set {
			env.set(plan.Var{Name: name, Value: value, Foreign: s.Pos.Foreign()})
			continue
		}
		for _, n := range d.Passed(name) {
			env.set(plan.Var{Name: n, Value: d.Host.Env[n], FromHost: true})
		}
	}
	for _, v := range env.vars {
		if slices.Contains(expand.OwnNames, v.Name) || v.Name == "SSL_CERT_FILE" && len(d.Certificates) > 0 {
			p.Request.Keep = append(p.Request.Keep, v.Name)
		}
	}
	if _, named := env.index["TERM"]; !named && p.TTY && !d.Host.HideEnv {
		p.Request.Term, p.Request.ColorTerm = wire.Text(d.Host.Env["TERM"]), wire.Text(d.Host.Env["COLORTERM"])
	}
	env.set(plan.Var{Name: "CTENV", Value: "1"})
	env.set(plan.Var{Name: "CTENV_CONTAINER", Value: p.Container})

	for _, v := range env.vars {
		if len(v.Name)+1+len(v.Value) > wire.MaxEnvString {
			return fmt.Errorf("environment variable %s takes %d bytes; the kernel allows %d for one", v.Name, len(v.Name)+1+len(v.Value), wire.MaxEnvString)
		}
		if utf8.ValidString(v.Value) && utf8.ValidString(v.Name) || v.FromHost && d.Host.HideEnv {
			p.Env = append(p.Env, v)
		} else {
			p.Request.Env = append(p.Request.Env, wire.Text(v.Name+"="+v.Value))
		}
	}
	return nil
}

// fromFiles sets what the files of variables hold.
func (d *decision) fromFiles(p *plan.Plan, seen look.Seen, env *envList) error {
	for _, sp := range d.EnvFiles {
		data, _, err := d.content(sp.At, sp.Key, sp.Host, seen)
		if err != nil {
			return err
		}
		file := config.Source{Name: sp.Host}
		vars, kept, err := d.Variables(sp, seen.Paths[sp.Host], data)
		if err != nil {
			if mistake := (*config.Error)(nil); errors.As(err, &mistake) {
				mistake.Pos.Source, mistake.Msg = &file, sp.Key+": "+mistake.Msg
			}
			return err
		}
		if len(kept) > 0 {
			p.Warnings = append(p.Warnings, fmt.Sprintf("%s: %q lies outside of the project and passes no variable of yours (%s); env = [\"NAME\"] asks for one", sp.Key, sp.Host, strings.Join(kept, ", ")))
		}
		for _, name := range slices.Sorted(maps.Keys(vars)) {
			v := vars[name]
			if err := expand.CheckName(config.String{V: v.Value, Pos: config.Pos{Source: &file, Line: v.Line}}, sp.Key, name); err != nil {
				return err
			}
			env.set(plan.Var{Name: name, Value: v.Value, FromHost: true, Foreign: sp.At.Pos.Foreign()})
		}
	}
	return nil
}

// envList keeps the order in which names first came up; a later value wins.
type envList struct {
	vars  []plan.Var
	index map[string]int
	// fromGit is what it says of a decision's.
	fromGit map[string]bool
}

func (l *envList) set(v plan.Var) {
	delete(l.fromGit, v.Name)
	if i, ok := l.index[v.Name]; ok {
		l.vars[i] = v
		return
	}
	l.index[v.Name] = len(l.vars)
	l.vars = append(l.vars, v)
}

// checkSize refuses what the kernel would refuse in the container with a bare
// "argument list too long".
func checkSize(p *plan.Plan) error {
	total, largest := 0, plan.Var{}
	for _, v := range p.Env {
		total += len(v.Name) + 2 + len(v.Value) + 8
		if len(v.Value) > len(largest.Value) {
			largest = v
		}
	}
	for _, t := range p.Request.Env {
		total += len(t) + 9
		if name, value, _ := strings.Cut(string(t), "="); len(value) > len(largest.Value) {
			largest = plan.Var{Name: name, Value: value}
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
