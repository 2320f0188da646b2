package plan

import (
	"fmt"
	"strconv"

	"ctenv/internal/config"
	"ctenv/internal/runargs"
	"ctenv/internal/wire"
)

// podmans are options of run_args that only podman's own command has: the API that ctenv
// speaks has no place for them, so ctenv-init and a mount do what they say.
type podmans struct {
	first   config.String // the first of them, as the user is told of it
	umask   string
	timeout int // seconds
}

// zones is where this machine has its time zones (tzset(3)).
const zones = "/usr/share/zoneinfo/"

// take takes note of an option, and says whether it is one of these. Its value has been
// looked at (runargs).
func (o *podmans) take(x *expansion, d *Draft, a runargs.Arg, pos config.Pos) (bool, error) {
	switch a.Name {
	case "umask":
		o.umask = a.Value
	case "timeout":
		o.timeout, _ = strconv.Atoi(a.Value)
	case "tz":
		zone := zones + a.Value
		if a.Value == "local" {
			zone = "/etc/localtime"
		}
		if err := x.volume(d, config.String{V: zone + ":/etc/localtime:ro", Pos: pos, Set: true}, "run_args: --tz"); err != nil {
			return true, err
		}
	default:
		return false, nil
	}
	if !o.first.Set {
		o.first = config.String{V: a.String(), Pos: pos, Set: true}
	}
	return true, nil
}

// check refuses them on another engine.
func (o *podmans) check(facts Facts) error {
	if !o.first.Set || !facts.Known || facts.Podman {
		return nil
	}
	return &config.Error{Pos: o.first.Pos, Msg: fmt.Sprintf("run_args: %s is podman's own option, and the engine is docker's", o.first.V),
		Hint: "leave it out, or set runtime = \"podman\""}
}

func (o *podmans) build(p *Plan) {
	if mask, err := strconv.ParseInt(o.umask, 8, 32); err == nil {
		p.Request.Umask = wire.UmaskText(int(mask))
	}
	p.Request.Timeout = o.timeout
}
