package pipeline

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"

	"ctenv/internal/engine"
	"ctenv/internal/grants"
	"ctenv/internal/host"
	"ctenv/internal/initbin"
	"ctenv/internal/look"
	"ctenv/internal/missing"
	"ctenv/internal/trust"
)

// Consent lets the caller's files and the project's be carried out: it asks for what is
// not allowed, and then the files' engine is chosen and their variables are read. A mistake
// in the configuration is said before anything is asked, and whether or not an engine is
// there.
func (s *Subject) Consent(ctx context.Context) error {
	if !s.Asked.Settled() {
		if err := s.Build(look.Facts{}); err != nil {
			return err
		}
	}
	if err := s.Settle(ctx); err != nil {
		return err
	}
	if err := missing.Make(s.Draft, &s.Seen); err != nil {
		return err
	}
	return s.Build(look.Facts{})
}

// Settle asks for what is not allowed yet, and goes on to the engine that the file asks
// for. Where the file is allowed to choose it, the engine is asked first which volumes and
// images are the project's anyway: that changes nothing. What [limits] forbid is refused
// where the engine leaves it.
func (s *Subject) Settle(ctx context.Context) (err error) {
	if s.Asked.Asks("runtime") {
		if err := s.asker().Ask(&s.Asked); err != nil {
			return err
		}
	}
	if err := s.Use(ctx, s.Draft.Settings.Runtime.V); err != nil {
		return err
	}
	if s.Asked.Held, err = s.notOurs(ctx, s.Asked.Held); err != nil {
		return err
	}
	if err := s.Asked.Refuse(); err != nil {
		return err
	}
	if s.Asked.Fresh, err = s.notOurs(ctx, s.Asked.Fresh); err != nil {
		return err
	}
	return s.asker().Ask(&s.Asked)
}

// notOurs leaves out what the engine knows to be harmless: volumes and images that it does
// not have, so that this run makes them, or that carry the project's label, and builds that
// are not podman's.
func (s *Subject) notOurs(ctx context.Context, all []grants.Grant) ([]grants.Grant, error) {
	if !slices.ContainsFunc(all, func(g grants.Grant) bool { return g.Unless != "" }) {
		return all, nil // nobody has to be asked
	}
	eng, err := s.Engine.Engine(ctx)
	if err != nil {
		return nil, err
	}
	var out []grants.Grant
	for _, g := range all {
		asked, err := s.stillAsked(ctx, eng, g)
		if err != nil {
			return nil, err
		}
		if asked {
			out = append(out, g)
		}
	}
	return out, nil
}

// stillAsked says whether a grant is to be asked for on an engine.
func (s *Subject) stillAsked(ctx context.Context, eng *engine.Engine, g grants.Grant) (bool, error) {
	var labels map[string]string
	var exists bool
	var err error
	switch {
	case g.Unless == "":
		return true, nil
	case g.Unless == grants.UnlessDocker:
		return eng.Podman, nil
	case g.Kind == "volume":
		labels, exists, err = eng.Volume(ctx, g.Unless)
	default:
		var images []engine.Image
		if images, err = eng.Images(ctx, []string{g.Unless}); err == nil {
			labels, exists = images[0].Labels, images[0].ID != ""
		}
	}
	return exists && !grants.OfProject(labels, s.Host, g.Kind), err
}

// WouldAsk says in a dry run what a run would ask for.
func (s *Subject) WouldAsk() { s.asker().WouldAsk(&s.Asked) }

// Allow allows what the container asks for from now on.
func (s *Subject) Allow() error { return s.asker().Allow(s.Asked) }

// Revoke forgets what was allowed for the project's repository.
func (o *Opening) Revoke() error {
	o.Host.Repository = gitRepository(o.Host)
	return o.asker().Revoke(o.Host)
}

// guarded is what no container may write: who is trusted, what was allowed, and the
// programs that run as root in the next one; and the links on the way to them.
func (a *Caller) guarded(h look.Host) (real, links []string) {
	home := string(h.User.Home)
	for _, p := range []string{trust.StateDir(a.Getenv, home), filepath.Join(home, ".ctenv.toml"), "/etc/ctenv.toml", initbin.CacheDir(h), initbin.RuntimeDir(h)} {
		if p != "" {
			real, links = append(real, host.Real(p)), append(links, host.Links(p)...)
		}
	}
	for _, dir := range engine.SocketPlaces(runtime.GOOS, a.Getenv, initbin.CacheDir(h)) {
		links = append(links, host.Links(dir)...)
	}
	return real, links
}

// sockets are the directories of the sockets by which the caller's containers are entered.
func (a *Caller) sockets(h look.Host) []string {
	var out []string
	for _, dir := range engine.SocketPlaces(runtime.GOOS, a.Getenv, initbin.CacheDir(h)) {
		out = append(out, host.Real(dir))
	}
	return out
}

// gitRepository is where the repository of the project lies, which is mounted where nobody else
// could have named it.
func gitRepository(h look.Host) *look.Repository {
	r := host.Repository(h.ProjectDir, string(h.User.Home), h.User.UID)
	if r == nil || r.Inside || r.Unproven != "" {
		return r
	}
	for _, file := range []string{r.File, r.Dir} {
		trail, err := host.Trail(file)
		if err == nil {
			if s := trail.Judge(h.Mine); s != nil {
				err = errors.New(s.Error(file))
			}
		}
		if err != nil {
			r.Unproven = fmt.Sprintf("which is not to be believed (%v)", err)
		}
	}
	return r
}
