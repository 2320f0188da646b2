//go:build linux

package setup

import (
	"fmt"
	"strings"

	"ctenv/internal/wire"
)

// join waits until the container is ready and takes over what its set-up ended
// with. The account, the groups and the shell are those of the set-up too: what
// runs here as root believes nothing else about the user.
func (in *Init) join() (string, error) {
	dir, err := openStay(in.root)
	if err != nil {
		return "", err
	}
	defer dir.close()
	// Before the wait, so that a client that goes away meanwhile can end it.
	if in.req.Command.Kind != wire.CommandReady {
		if _, err := dir.sessions(); err != nil {
			return "", err
		}
		if err := dir.begin(in.req.Session); err != nil {
			return "", err
		}
	}
	result, err := dir.await()
	if err != nil {
		return "", err
	}
	if result.User.UID != in.req.User.UID {
		return "", fmt.Errorf("the container was set up for uid %d, not %d", result.User.UID, in.req.User.UID)
	}
	own := in.env
	in.req.User, in.req.Shell, in.req.Chown = result.User, result.Shell, result.Chown
	in.env = nil
	for _, kv := range result.Env {
		in.env = append(in.env, string(kv))
	}
	// A container that stays has no terminal, so nobody named its kind.
	if _, set := in.env.Lookup("TERM"); !set && isTerminal(0) {
		if kind, ok := own.Lookup("TERM"); ok {
			in.env = in.env.With("TERM", kind)
		}
	}
	for _, kv := range in.req.Env {
		name, value, _ := strings.Cut(string(kv), "=")
		in.env = in.env.With(name, value)
	}
	return fmt.Sprintf("took over %d variables", len(result.Env)), nil
}
