package expand

import (
	"strconv"

	"ctenv/internal/config"
)

// Podmans are options of run_args that only podman's own command has: the API that ctenv
// speaks has no place for them, so ctenv-init and a mount do what they say.
type Podmans struct {
	First   config.String // the first of them, as the user is told of it
	Umask   string
	Timeout int // seconds
}

// zones is where this machine has its time zones (tzset(3)).
const zones = "/usr/share/zoneinfo/"

// take takes note of an option, and says whether it is one of these. Its value has been
// looked at (runargs).
func (p *Podmans) take(x *expansion, d *Draft, o Option) (bool, error) {
	switch o.Name {
	case "umask":
		p.Umask = o.Value
	case "timeout":
		p.Timeout, _ = strconv.Atoi(o.Value)
	case "tz":
		zone := zones + o.Value
		if o.Value == "local" {
			zone = "/etc/localtime"
		}
		if err := x.volume(d, config.String{V: zone + ":/etc/localtime:ro", Pos: o.Pos, Set: true}, "run_args: --tz"); err != nil {
			return true, err
		}
	default:
		return false, nil
	}
	if !p.First.Set {
		p.First = config.String{V: o.String(), Pos: o.Pos, Set: true}
	}
	return true, nil
}
