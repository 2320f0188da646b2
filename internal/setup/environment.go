//go:build linux

package setup

import (
	"slices"
	"strings"

	"ctenv/internal/environ"
)

// baseEnviron is the environment that every later step starts from.
func (in *Init) baseEnviron() environ.Vars {
	env := in.env
	for _, kv := range in.req.Env {
		name, value, _ := strings.Cut(string(kv), "=")
		env = env.With(name, value)
	}
	if env.Get("PATH") == "" {
		env = env.With("PATH", environ.DefaultPath)
	}
	return env
}

// environment says who the user is. HOME and the others were the engine's, for
// root, unless the configuration sets them.
func (in *Init) environment() (string, error) {
	u := in.req.User
	for _, v := range []struct{ name, value string }{
		{"HOME", string(u.Home)},
		{"USER", string(u.Name)},
		{"LOGNAME", string(u.Name)},
		{"SHELL", in.loginShell},
	} {
		if !slices.Contains(in.req.Keep, v.name) {
			in.env = in.env.With(v.name, v.value)
		}
	}
	if in.req.Term != "" {
		in.env = nameTerminal(in.env, string(in.req.Term), string(in.req.ColorTerm))
	}
	return "set HOME, USER, LOGNAME, SHELL", nil
}
