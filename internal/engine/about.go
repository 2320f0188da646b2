package engine

import "context"

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
	a := About{Name: "Docker", Version: v.Version, API: v.APIVersion, Platform: v.Os + "/" + v.Arch, Address: e.endpoint.address}
	if e.podman {
		a.Name = "Podman"
	}
	if e.service != nil {
		a.Address = "a service of ctenv's own"
	}
	a.Rootless, err = e.rootless(ctx)
	return a, err
}
