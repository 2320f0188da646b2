package engine

import (
	"context"
	"slices"
)

// About is what an engine says of itself, for people.
type About struct {
	Name     string // "Docker" or "Podman"
	Version  string
	API      string
	Platform string // "linux/amd64"
	Address  string
	Rootless bool
}

// About asks the engine what it is.
func (e *Engine) About(ctx context.Context) (About, error) {
	if err := e.ready(ctx); err != nil {
		return About{}, err
	}
	v, err := e.api.ServerVersion(ctx)
	if err != nil {
		return About{}, &Error{Msg: "the engine does not say its version", Err: err}
	}
	a := About{Name: "Docker", Version: v.Version, API: v.APIVersion, Platform: v.Os + "/" + v.Arch, Address: e.api.DaemonHost()}
	for _, c := range v.Components {
		if c.Name == "Podman Engine" {
			a.Name = "Podman"
		}
	}
	info, err := e.api.Info(ctx)
	if err != nil {
		return a, &Error{Msg: "the engine does not say how it is set up", Err: err}
	}
	a.Rootless = slices.Contains(info.SecurityOptions, "name=rootless") || slices.Contains(info.SecurityOptions, "rootless")
	return a, nil
}
