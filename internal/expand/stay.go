package expand

import (
	"ctenv/internal/config"
	"ctenv/internal/look"
)

// stayPID is ${pid} in a container that stays, which outlives the process that
// made it.
const stayPID = "stay"

// Stay is Run for a container that stays. Its commands come later.
func Stay(c config.Container, host look.Host) (*Draft, error) {
	return expand(c, host, nil, stayPID, true)
}

// Exec is Run for a command in a container that stays. flags are the
// command line's part of c: the variables of the rest are in the container already,
// as is what run_args say beyond our keys, and its command, its image's ENTRYPOINT and its
// background are a run's.
func Exec(c, flags config.Container, host look.Host, args []string) (*Draft, error) {
	raw := c
	if err := takeKeys(&c); err != nil {
		return nil, Redact(err, raw, host.Env)
	}
	c.Env, c.EnvFile, c.RunArgs, c.Detach = flags.Env, nil, nil, flags.Detach
	c.Command, c.ImageEntrypoint = config.Command{}, config.Value[bool]{}
	c.CACertificates, c.EnvPaths = nil, config.Value[bool]{}
	c.Ports, c.SSHAgent, c.GitIdentity = nil, config.Value[bool]{}, config.Value[bool]{}
	d, err := expand(c, host, args, stayPID, false)
	if d != nil {
		d.Joins = true
	}
	return d, err
}
