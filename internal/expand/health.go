package expand

import (
	"fmt"

	"ctenv/internal/config"
	"ctenv/internal/mistake"
)

// Health is what run_args say about the container's health. An engine would run the
// check as root; ctenv-init runs it as the user. An image's own is never run, so that
// the other options mean nothing without --health-cmd.
type Health struct {
	Cmd   config.String
	Off   config.String // --no-healthcheck
	other config.String // another --health-* option, with its dashes
}

// take takes note of an option, and says whether nothing is left of it for the engine.
func (h *Health) take(name string, value config.String) bool {
	switch name {
	case "health-cmd":
		h.Cmd = value
		return true
	case "no-healthcheck":
		if h.Off = value; value.V == "false" {
			h.Off = config.String{}
		}
		return true
	case "health-interval", "health-retries", "health-start-interval", "health-start-period", "health-timeout":
		h.other = config.String{V: "--" + name, Pos: value.Pos, Set: true}
	}
	return false
}

func (h *Health) check() error {
	switch {
	case h.Off.Set && (h.Cmd.Set || h.other.Set):
		return mistake.At(h.Off, "run_args", "--no-healthcheck and --health-* exclude each other")
	case h.other.Set && !h.Cmd.Set:
		return &config.Error{Pos: h.other.Pos, Msg: fmt.Sprintf("run_args: %s needs a --health-cmd: the image's own HEALTHCHECK is never run", h.other.V),
			Hint: "write --health-cmd=COMMAND too; it runs as you"}
	}
	return nil
}
