// Package runargs reads options of `docker run` (the key run_args and the flag
// --run-arg) and puts them into the engine's types. One table, in options.go,
// holds every option that is supported.
//
// Parse checks names and values without looking at the machine, so a mistake is
// known before an engine is contacted. Apply fills in what goes to the engine.
package runargs

import (
	"fmt"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
)

// Arg is one option of `docker run`: its long name without dashes and its value
// as written ("true" for a switch).
type Arg struct {
	Name, Value string
}

// String is the option as `docker run` takes it, in one word.
func (a Arg) String() string { return "--" + a.Name + "=" + a.Value }

// Key is the configuration's key that the option adds to: "env", "env_file",
// "labels", "ulimits" or "volumes". It is "" for an option that Apply handles.
func (a Arg) Key() string {
	if o := in(options, a.Name); o != nil {
		return o.key
	}
	return ""
}

// Error is a mistake in one word of run_args.
type Error struct {
	Word int   // index of the word among those given to Parse
	Err  error // one line, which names the option; it may carry a hint
}

func (e *Error) Error() string { return "run_args: " + e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// Parse reads options as `docker run` takes them. A value stands in the same
// word after "=" or after white space, or in the next word. No quotes are removed:
// no shell reads these words. An option that has a key of ours, one that is
// unknown and a bad value are errors of type *Error.
//
// Options that may stand once only follow docker: the last one wins.
func Parse(words []string) ([]Arg, error) { return ParseBeside(words, new(int)) }

// ParseBeside is Parse for words beside others of the same container, which name that many
// ports already.
func ParseBeside(words []string, ports *int) ([]Arg, error) {
	t := newTarget(&container.Config{}, &container.HostConfig{})
	t.ports = ports
	var args []Arg
	for i := 0; i < len(words); {
		arg, used, err := next(words[i:])
		if err == nil {
			err = t.set(arg)
		}
		if err != nil {
			return nil, &Error{i, err}
		}
		args = append(args, arg)
		i += used
	}
	if err := t.conflict(); err != nil {
		return nil, &Error{len(words) - 1, err}
	}
	return args, nil
}

// Apply adds args, which Parse returned, to what is going to be sent to the
// engine. It comes last: --network-alias and its like belong to the network that
// h.NetworkMode names, --volume-driver to the named volumes in h.Mounts. A seccomp
// profile goes as its content, which profiles has by its file. A MAC address is put both into c and into the
// endpoint, since engines before API 1.44 know only the first and later ones only
// the second. An Arg that has a Key is an error, since its
// values are merged with the configuration's before.
func Apply(args []Arg, profiles map[string]string, c *container.Config, h *container.HostConfig, n *network.NetworkingConfig) error {
	t := newTarget(c, h)
	name := networkName(h.NetworkMode)
	if ep := n.EndpointsConfig[name]; ep != nil {
		t.endpoint = ep
	}
	for _, a := range args {
		if key := a.Key(); key != "" {
			return fmt.Errorf("run_args: --%s is merged with the key %s and cannot be applied", a.Name, key)
		}
		if err := t.set(a); err != nil {
			return fmt.Errorf("run_args: %w", err)
		}
	}
	if err := t.finish(profiles); err != nil {
		return fmt.Errorf("run_args: %w", err)
	}
	if t.hasEndpoint {
		if n.EndpointsConfig == nil {
			n.EndpointsConfig = map[string]*network.EndpointSettings{}
		}
		n.EndpointsConfig[name] = t.endpoint
	}
	return nil
}
