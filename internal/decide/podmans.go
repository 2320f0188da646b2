package decide

import (
	"cmp"
	"fmt"

	"ctenv/internal/config"
	"ctenv/internal/look"
	"ctenv/internal/plan"
	"ctenv/internal/runargs"
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

// buildPodmans has ctenv-init carry them out. Their umask goes before the key of that name.
func (d *decision) buildPodmans(p *plan.Plan) {
	o := d.Podmans
	if mask, err := runargs.ParseUmask(cmp.Or(o.Umask, d.Settings.Umask.V)); err == nil {
		p.Request.Umask = wire.UmaskText(mask)
	}
	p.Request.Timeout = o.Timeout
}
