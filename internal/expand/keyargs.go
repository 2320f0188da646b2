package expand

import (
	"errors"
	"fmt"
	"slices"

	"ctenv/internal/config"
	"ctenv/internal/mistake"
	"ctenv/internal/runargs"
)

// takeKeys moves what run_args says of a key to that key, before anything is expanded:
// from there on it is judged, limited and shown as that.
func takeKeys(c *config.Container) error {
	words := c.RunArgs
	c.RunArgs = nil
	taken := map[string]config.String{}
	for len(words) > 0 {
		n := sameSource(words)
		keys, rest, err := runargs.Keys(raws(words[:n]))
		if err != nil {
			return runArgError(err, words)
		}
		for _, k := range keys {
			s := config.String{V: k.Value, Pos: words[k.Word].Pos, Set: true}
			if err := takeKey(c, k, s, taken); err != nil {
				return err
			}
		}
		for _, i := range rest {
			c.RunArgs = append(c.RunArgs, words[i])
		}
		words = words[n:]
	}
	return nil
}

// HasGroups says whether c asks for groups of the caller's, by its key or by run_args.
func HasGroups(c config.Container) bool {
	_ = takeKeys(&c) // its mistakes are the draft's to tell
	return len(c.Groups) > 0
}

// takeKey sets the key of one option. taken are the options before it, of which the last
// holds, as with docker.
func takeKey(c *config.Container, k runargs.Keyed, s config.String, taken map[string]config.String) error {
	field := map[string]*config.String{"hostname": &c.Hostname, "name": &c.ContainerName, "network": &c.Network,
		"platform": &c.Platform, "pull": &c.Pull, "workdir": &c.Workdir}[k.Key]
	if field == nil {
		c.Groups = append(slices.Clone(c.Groups), s)
		return nil
	}
	before, again := taken[k.Key]
	switch {
	case again && k.Key == "network" && before.V != s.V:
		// For newer dockers this means two networks.
		return &config.Error{Pos: s.Pos, Msg: fmt.Sprintf("run_args: --network=%s, beside --network=%s at %s: a container of ctenv has one network", s.V, before.V, before.Pos), Hint: "keep one of them"}
	case again, !field.Set, field.Pos.Source == nil:
		*field, taken[k.Key] = s, s
	case field.Pos.Source.CommandLine && !s.Pos.Source.CommandLine:
		// As for every other setting, the command line stands above the files.
	default:
		return &config.Error{Pos: s.Pos, Msg: fmt.Sprintf("run_args: %s, and %s = %q at %s: both say the same thing", k.Arg, k.Key, field.V, field.Pos),
			Hint: "keep one of them"}
	}
	return nil
}

// sameSource counts the words at the front that come from one source. An option and its
// value may be two words, but not from two sources, and relative paths belong to theirs.
func sameSource(words []config.String) int {
	n := 1
	for n < len(words) && words[n].Pos.Source == words[0].Pos.Source {
		n++
	}
	return n
}

// runArgError gives an error of package runargs its place.
func runArgError(err error, words []config.String) error {
	pos := words[0].Pos
	if r := (*runargs.Error)(nil); errors.As(err, &r) {
		pos = words[r.Word].Pos
	}
	return mistake.Of(pos, err, "%v", err)
}
