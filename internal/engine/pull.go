package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/distribution/reference"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/registry"
	"github.com/docker/docker/api/types/versions"
	"github.com/docker/docker/client"

	"ctenv/internal/engine/pullreport"
	"ctenv/internal/plan"
	"ctenv/internal/shellquote"
	"ctenv/internal/streams"
)

// The pull policies of a plan.
const (
	pullAlways = "always"
	PullNever  = "never"
)

// dockerHub is the key of Docker Hub's credentials in docker's config.json. Every
// other registry's is its host name.
const dockerHub = "https://index.docker.io/v1/"

// pull fetches an image with the credentials that `docker login` left. Cancelling
// ctx cancels the pull in the engine too.
func (e *Engine) pull(ctx context.Context, name, platform string, s streams.Streams) error {
	ref, err := reference.ParseNormalizedNamed(name)
	if err != nil {
		return &Error{Msg: fmt.Sprintf("image %q", name), Err: err}
	}
	if err := e.preflight(ctx); err != nil {
		return err
	}
	auth, err := e.credentials(ref)
	if err != nil {
		s.Warnf("pulling %s without credentials: %v", name, err)
	}
	s.Sayf("pulling %s", name)
	body, err := e.API.ImagePull(ctx, name, image.PullOptions{Platform: platform, RegistryAuth: auth})
	if err == nil {
		err = pullreport.Show(body, s)
		body.Close()
	}
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	if problem := e.unpackProblem(err); problem != nil {
		return problem
	}
	return &Error{Msg: fmt.Sprintf("cannot pull %q", name), Hint: e.imageHint(pullHint(err, reference.Domain(ref))), Err: err}
}

// imageHint is a way to an image, with why it is not looked for on docker's engine.
func (e *Engine) imageHint(way string) string {
	way = e.dialect().inWords(way)
	if err := e.Refused(); err != nil {
		way += "; " + err.Error()
	}
	return way
}

// pullHint is the way out by what the registry said: engines hand it on as a plain
// server error, or in the middle of the progress, so there are only words to go by.
// Registries answer alike for what does not exist and what is not for everybody.
func pullHint(err error, registry string) string {
	text := err.Error()
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
	}
	switch {
	case has("no basic auth credentials"): // with Docker's containerd store behind words for the next
		return fmt.Sprintf("the registry wants a user and a password that it knows: `docker login %s`", registry)
	case has("access denied", "access to the resource is denied"):
		return fmt.Sprintf("check the name; a private image needs `docker login %s`", registry)
	case has("unauthorized", "authentication required"):
		return fmt.Sprintf("the registry wants a user and a password that it knows: `docker login %s`", registry)
	case has("not found", "manifest unknown", "no matching manifest"):
		return "check the name, the tag and the platform"
	}
	return fmt.Sprintf("does the engine reach the registry %s? a proxy or a registry without TLS is a matter of the engine's own settings", registry)
}

// credentials returns the engine's header for the registry of ref.
func (e *Engine) credentials(ref reference.Named) (string, error) {
	file, err := e.Config().File()
	if err != nil {
		return "", err
	}
	key := reference.Domain(ref)
	if key == "docker.io" {
		key = dockerHub
	}
	auth, err := file.GetAuthConfig(key)
	if err != nil {
		return "", err
	}
	return registry.EncodeAuthConfig(registry.AuthConfig(auth))
}

// ImageConfig returns an image's own ENTRYPOINT and CMD, after pulling the image
// as the policy pull ("missing", "always", "never") says. The image is not pulled
// again by a Run of the same Plan.
func (e *Engine) ImageConfig(ctx context.Context, name, platform, pull string, s streams.Streams) (entrypoint, cmd []string, err error) {
	p := plan.Plan{Image: name, Platform: platform, Pull: pull}
	if err := e.PullFirst(ctx, p, s); err != nil {
		return nil, nil, err
	}
	state, err := e.EnsureImage(ctx, p, s)
	config := baseConfig(state)
	return config.Entrypoint, config.Cmd, err
}

// EnsureImage pulls the image of p where it is missing and p allows it.
func (e *Engine) EnsureImage(ctx context.Context, p plan.Plan, s streams.Streams) (ImageState, error) {
	state, err := e.LookAtImage(ctx, p)
	if err != nil || state.Usable {
		return state, err
	}
	if err := e.pullMissing(ctx, p, state, s); err != nil {
		return state, err
	}
	return e.LookAtImage(ctx, p)
}

// PullFirst carries out the policy "always".
func (e *Engine) PullFirst(ctx context.Context, p plan.Plan, s streams.Streams) error {
	if p.Pull != pullAlways {
		return nil
	}
	key := p.Image + " " + p.Platform
	if _, done := e.pulled.Load(key); done {
		return nil
	}
	if err := e.pull(ctx, p.Image, p.Platform, s); err != nil {
		return err
	}
	e.pulled.Store(key, true)
	return nil
}

// pullMissing pulls an image that is not there, if the policy allows it.
func (e *Engine) pullMissing(ctx context.Context, p plan.Plan, state ImageState, s streams.Streams) error {
	if p.Pull != PullNever {
		return e.pull(ctx, p.Image, p.Platform, s)
	}
	out := &Error{
		Msg:  fmt.Sprintf("image %q is not on the engine, and its pull policy \"never\" forbids fetching it", p.Image),
		Hint: e.imageHint(fmt.Sprintf("build it, or fetch it with `docker pull %s`", shellquote.Word(p.Image))),
	}
	if state.Platform != "" {
		out.Msg = fmt.Sprintf("image %q is on the engine for %s only, not for %s", p.Image, state.Platform, p.Platform)
		out.Hint = e.imageHint(fmt.Sprintf("fetch it with `docker pull --platform %s`", shellquote.Line([]string{p.Platform, p.Image})))
	}
	return out
}

// ImageState is what the engine holds under an image's name.
type ImageState struct {
	Usable   bool   // it is there, for the platform asked for
	Platform string // of what is there
	Answer   image.InspectResponse
}

// LookAtImage asks for the image of p.
func (e *Engine) LookAtImage(ctx context.Context, p plan.Plan) (ImageState, error) {
	found, err := e.InspectImage(ctx, p.Image)
	if there, err := Found(err, "cannot look up the image %q", p.Image); !there {
		return ImageState{}, err
	}
	state := imageState(found, p.Platform)
	if state.Usable || versions.LessThan(e.API.ClientVersion(), apiPlatforms) {
		return state, nil
	}
	// A name may stand for an image of each platform, and the engine's own comes first.
	platform, err := parsePlatform(p.Platform)
	if err != nil {
		return ImageState{}, err
	}
	if other, err := e.InspectImage(ctx, p.Image, client.ImageInspectWithPlatform(platform)); err == nil {
		return imageState(other, p.Platform), nil
	}
	return state, nil
}

// apiPlatforms is the version of the Engine API since which it tells of an image by its
// platform (docs.docker.com/reference/api/engine/version-history).
const apiPlatforms = "1.49"

// imageState is that of an image of which the engine has told, where platform is asked for.
func imageState(found image.InspectResponse, platform string) ImageState {
	state := ImageState{Platform: found.Os + "/" + found.Architecture, Answer: found}
	if found.Variant != "" {
		state.Platform += "/" + found.Variant
	}
	// "linux/arm" and "linux/arm/v7" name each other's images, as the engine sees it.
	have, want := state.Platform+"/", platform+"/"
	state.Usable = platform == "" || strings.HasPrefix(have, want) || strings.HasPrefix(want, have)
	return state
}
