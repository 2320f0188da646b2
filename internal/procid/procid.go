// Package procid names processes of this machine so that another one can tell later
// whether one is still there.
package procid

import "strings"

// State is what is known of a process that was named.
type State int

const (
	Unknown State = iota // of another boot, machine or container
	Alive
	Dead
)

// id is a process. A number is given anew, and the same in another namespace.
type id struct{ boot, namespace, pid, start string }

func (i id) String() string { return strings.Join([]string{i.boot, i.namespace, i.pid, i.start}, ":") }

// Self names this process, "" where it has no name.
func Self() string {
	self, err := look("self")
	if err != nil {
		return ""
	}
	return self.String()
}

// Of tells what has become of a process that Self has named.
func Of(name string) State {
	f := strings.Split(name, ":")
	self, err := look("self")
	if len(f) != 4 || err != nil || f[0] != self.boot || f[1] != self.namespace || strings.Trim(f[2], "0123456789") != "" {
		return Unknown
	}
	if now, err := look(f[2]); err == nil && now.start == f[3] {
		return Alive
	}
	return Dead
}
