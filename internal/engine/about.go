package engine

import (
	"context"
	"slices"
	"time"

	"ctenv/internal/engine/inside"
)

// About is what an engine says of itself, for people.
type About struct {
	Name     string // "Docker" or "Podman"
	Version  string
	API      string
	Platform string // "linux/amd64"
	Address  string
	Rootless bool
	// Remapped: it maps user ids although its root is the host's (dockerd's userns-remap).
	Remapped bool
	// Inside is the container of this engine's in which ctenv runs, nil for none.
	Inside *inside.Container
}

// About asks the engine what it is.
func (e *Engine) About(ctx context.Context) (About, error) {
	v, err := e.API.ServerVersion(ctx)
	if err != nil {
		return About{}, &Error{Msg: "the engine does not say its version", Err: err}
	}
	a := About{Name: e.dialect().title, Version: v.Version, API: v.APIVersion, Platform: v.Os + "/" + v.Arch, Address: e.Address()}
	if e.Own() {
		a.Address = "a service of ctenv's own"
	}
	if info, err := e.API.Info(ctx); err == nil {
		a.Remapped = slices.Contains(info.SecurityOptions, "name=userns")
	}
	a.Inside = e.Inside(ctx)
	a.Rootless, err = e.Rootless(ctx)
	return a, err
}

// Time is the engine's time, with which its own times are compared: that of its machine may be
// far from ours, as after a sleep. It is 0 where the engine does not say, and then nothing that
// it has is old.
func (e *Engine) Time(ctx context.Context) time.Time {
	info, err := e.API.Info(ctx)
	if err != nil {
		return time.Time{}
	}
	now, _ := time.Parse(time.RFC3339Nano, info.SystemTime)
	return now
}
