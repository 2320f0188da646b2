package decide

import (
	"slices"
	"strconv"

	"ctenv/internal/look"
	"ctenv/internal/plan"
	"ctenv/internal/runargs"
	"ctenv/internal/wire"
)

func (d *decision) buildStay(p *plan.Plan, facts look.Facts) {
	p.Stay, p.Detach = true, true
	p.TTY, p.OpenStdin = false, false
	p.Request.Term, p.Request.ColorTerm = "", "" // of whoever joins
	p.Cmd = nil
	// What runs in there is told by ctenv-init, which is the one that is stopped.
	p.RunArgs = slices.DeleteFunc(slices.Clone(p.RunArgs), func(a runargs.Arg) bool { return a.Name == "stop-signal" })
	p.Request.Mode, p.Request.Command = wire.ModeServe, wire.Command{}
	p.Request.Serve = &wire.Serve{Word: plan.NoWord}
	p.Note = plan.Note{Podman: facts.Podman, Rootless: facts.Rootless}
	p.Labels[plan.LabelStays] = strconv.Itoa(wire.Version)
	p.Labels[plan.LabelConfig], _ = d.fingerprint(p, facts)
}
