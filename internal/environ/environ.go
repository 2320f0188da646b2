// Package environ reads and changes an environment, as execve(2) takes it.
package environ

import (
	"slices"
	"strings"
)

// Vars is an environment: "NAME=value" strings, each value byte for byte.
type Vars []string

// DefaultPath is PATH where the image sets none: what Debian's login(1) gives root.
const DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// Lookup returns a variable's value and whether it is set.
func (e Vars) Lookup(name string) (string, bool) {
	for _, kv := range e {
		if n, v, _ := strings.Cut(kv, "="); n == name {
			return v, true
		}
	}
	return "", false
}

// Get returns a variable's value, "" where it is not set.
func (e Vars) Get(name string) string {
	v, _ := e.Lookup(name)
	return v
}

// With returns the environment with one variable set, in its old place where it
// has one. The receiver stays as it is.
func (e Vars) With(name, value string) Vars {
	out := make(Vars, 0, len(e)+1)
	done := false
	for _, kv := range e {
		if n, _, _ := strings.Cut(kv, "="); n != name {
			out = append(out, kv)
		} else if !done {
			out, done = append(out, name+"="+value), true
		}
	}
	if !done {
		out = append(out, name+"="+value)
	}
	return out
}

// Without returns the environment without one variable.
func (e Vars) Without(name string) Vars {
	return slices.DeleteFunc(slices.Clone(e), func(kv string) bool {
		n, _, _ := strings.Cut(kv, "=")
		return n == name
	})
}

// Merge is the environment after shell commands, from the one before and the one
// that the shell had at its end.
//
// The shell's word counts, except for what it says about itself: its own
// bookkeeping, a prompt that an activate script made for this shell, and names
// that a shell cannot hold and may have lost (dash and ash drop "a.b").
func (e Vars) Merge(shell Vars) Vars {
	before, after := e.values(), shell.values()
	keep := func(name string) bool { return slices.Contains([]string{"_", "SHLVL", "OLDPWD", "PS1"}, name) }
	var out Vars
	for _, kv := range e {
		name, _, _ := strings.Cut(kv, "=")
		now, ok := after[name]
		switch {
		case keep(name) || (!ok && !isShellName(name)):
			out = append(out, kv)
		case ok:
			out = append(out, name+"="+now)
		}
	}
	for _, kv := range shell {
		name, _, _ := strings.Cut(kv, "=")
		if _, had := before[name]; !had && !keep(name) {
			out = append(out, kv)
		}
	}
	return out
}

// values are what Lookup finds: an image's environment can be too long to search for each
// of its own names.
func (e Vars) values() map[string]string {
	values := make(map[string]string, len(e))
	for _, kv := range e {
		name, value, _ := strings.Cut(kv, "=")
		if _, had := values[name]; !had {
			values[name] = value
		}
	}
	return values
}

// isShellName says that a shell can hold a variable of that name (POSIX.1, 3.216).
func isShellName(name string) bool {
	return name != "" && (name[0] < '0' || name[0] > '9') && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") == ""
}
