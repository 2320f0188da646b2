package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/distribution/reference"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/registry"
	"github.com/docker/docker/pkg/jsonmessage"
	"github.com/moby/term"

	"ctenv/internal/plan"
)

// The pull policies of a plan.
const (
	pullAlways = "always"
	pullNever  = "never"
)

// dockerHub is the key of Docker Hub's credentials in docker's config.json. Every
// other registry's is its host name.
const dockerHub = "https://index.docker.io/v1/"

// pull fetches an image with the credentials that `docker login` left. Cancelling
// ctx cancels the pull in the engine too.
func (e *Engine) pull(ctx context.Context, name, platform string, s Streams) error {
	ref, err := reference.ParseNormalizedNamed(name)
	if err != nil {
		return &Error{Msg: fmt.Sprintf("image %q", name), Err: err}
	}
	auth, err := e.credentials(ref)
	if err != nil {
		s.warn("pulling %s without credentials: %v", name, err)
	}
	s.say("pulling %s", name)
	body, err := e.api.ImagePull(ctx, name, image.PullOptions{Platform: platform, RegistryAuth: auth})
	if err == nil {
		err = showPull(body, s)
		body.Close()
	}
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	return &Error{Msg: fmt.Sprintf("cannot pull %q", name), Hint: pullHint(err, reference.Domain(ref)), Err: err}
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
	case has("access denied", "access to the resource is denied"):
		return fmt.Sprintf("check the name; a private image needs `docker login %s`", registry)
	case has("no basic auth credentials", "unauthorized", "authentication required"):
		return fmt.Sprintf("the registry wants a user and a password that it knows: `docker login %s`", registry)
	case has("not found", "manifest unknown", "no matching manifest"):
		return "check the name, the tag and the platform"
	}
	return fmt.Sprintf("does the engine reach the registry %s? a proxy or a registry without TLS is a matter of the engine's own settings", registry)
}

// showPull reads the engine's report to its end, since the pull stops with the
// connection, and returns the error that it ends with.
func showPull(report io.Reader, s Streams) error {
	var out io.Writer = io.Discard
	var fd uintptr
	var live bool
	if s.Progress != nil {
		out, fd = s.Progress, s.Progress.Fd()
		live = term.IsTerminal(fd)
	}
	err := jsonmessage.DisplayJSONMessagesStream(report, out, fd, live, nil)
	if answer := (*jsonmessage.JSONError)(nil); errors.As(err, &answer) {
		return answer
	}
	return err
}

// credentials returns the engine's header for the registry of ref.
func (e *Engine) credentials(ref reference.Named) (string, error) {
	file, err := e.endpoint.config.file()
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
func (e *Engine) ImageConfig(ctx context.Context, name, platform, pull string, s Streams) (entrypoint, cmd []string, err error) {
	if err := e.ready(ctx); err != nil {
		return nil, nil, err
	}
	p := plan.Plan{Image: name, Platform: platform, Pull: pull}
	if err := e.pullFirst(ctx, p, s); err != nil {
		return nil, nil, err
	}
	state, err := e.ensureImage(ctx, p, s)
	return state.entrypoint, state.cmd, err
}

// ensureImage pulls the image of p where it is missing and p allows it.
func (e *Engine) ensureImage(ctx context.Context, p plan.Plan, s Streams) (imageState, error) {
	state, err := e.lookAtImage(ctx, p)
	if err != nil || state.usable {
		return state, err
	}
	if err := e.pullMissing(ctx, p, state, s); err != nil {
		return state, err
	}
	return e.lookAtImage(ctx, p)
}

// pullFirst carries out the policy "always".
func (e *Engine) pullFirst(ctx context.Context, p plan.Plan, s Streams) error {
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
func (e *Engine) pullMissing(ctx context.Context, p plan.Plan, state imageState, s Streams) error {
	if p.Pull != pullNever {
		return e.pull(ctx, p.Image, p.Platform, s)
	}
	out := &Error{
		Msg:  fmt.Sprintf("image %q is not on the engine, and `pull = \"never\"` forbids to fetch it", p.Image),
		Hint: fmt.Sprintf("build it, or fetch it with `docker pull %s`", p.Image),
	}
	if state.platform != "" {
		out.Msg = fmt.Sprintf("image %q is on the engine for %s only, not for %s", p.Image, state.platform, p.Platform)
		out.Hint = fmt.Sprintf("fetch it with `docker pull --platform %s %s`", p.Platform, p.Image)
	}
	return out
}

// imageState is what the engine holds under an image's name.
type imageState struct {
	usable          bool   // it is there, for the platform asked for
	platform        string // of what is there
	entrypoint, cmd []string
}

func (e *Engine) lookAtImage(ctx context.Context, p plan.Plan) (imageState, error) {
	found, err := e.api.ImageInspect(ctx, p.Image)
	if cerrdefs.IsNotFound(err) {
		return imageState{}, nil
	}
	if err != nil {
		return imageState{}, &Error{Msg: fmt.Sprintf("cannot look up the image %q", p.Image), Err: err}
	}
	state := imageState{platform: found.Os + "/" + found.Architecture}
	if found.Variant != "" {
		state.platform += "/" + found.Variant
	}
	// "linux/arm" and "linux/arm/v7" name each other's images, as the engine sees it.
	have, want := state.platform+"/", p.Platform+"/"
	state.usable = p.Platform == "" || strings.HasPrefix(have, want) || strings.HasPrefix(want, have)
	if found.Config != nil {
		state.entrypoint, state.cmd = found.Config.Entrypoint, found.Config.Cmd
	}
	return state, nil
}
