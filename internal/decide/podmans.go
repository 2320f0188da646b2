package decide

import (
	"fmt"
	"strconv"

	"ctenv/internal/config"
	"ctenv/internal/look"
	"ctenv/internal/plan"
	"ctenv/internal/wire"
)

// checkPodmans refuses podman's own options on another engine.
func (d *decision) checkPodmans(facts look.Facts) error {
	o := d.Podmans
	if !o.First.Set || !facts.Known || facts.Podman {
		return nil
	}
	return &config.Error{Pos: o.First.Pos, Msg: fmt.Sprintf("run_args: %s is podman's own option, and the engine is docker's", o.First.V),
		Hint: "leave it out, or set runtime = \"podman\""}
}

// buildPodmans has ctenv-init carry them out.
func (d *decision) buildPodmans(p *plan.Plan) {
	o := d.Podmans
	if mask, err := strconv.ParseInt(o.Umask, 8, 32); err == nil {
		p.Request.Umask = wire.UmaskText(int(mask))
	}
	p.Request.Timeout = o.Timeout
}
