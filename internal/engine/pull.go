package engine

import (
	"context"
	"encoding/json"
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
	mobyterm "github.com/moby/term"

	"ctenv/internal/plan"
	"ctenv/internal/streams"
	"ctenv/internal/term"
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
		err = showPull(body, s)
		body.Close()
	}
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	if problem := e.unpackProblem(err); problem != nil {
		return problem
	}
	return &Error{Msg: fmt.Sprintf("cannot pull %q", name), Hint: e.dialect().inWords(pullHint(err, reference.Domain(ref))), Err: err}
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

// showPull reads the engine's report to its end, since the pull stops with the
// connection, and returns the error that it ends with.
func showPull(report io.Reader, s streams.Streams) error {
	var out io.Writer = io.Discard
	var fd uintptr
	var live bool
	if s.Progress != nil {
		out, fd = s.Progress, s.Progress.Fd()
		live = mobyterm.IsTerminal(fd)
	}
	plain := plainReport(report)
	defer plain.Close()
	err := jsonmessage.DisplayJSONMessagesStream(plain, out, fd, live, nil)
	if answer := (*jsonmessage.JSONError)(nil); errors.As(err, &answer) {
		return answer
	}
	return err
}

const (
	// maxMessage is how much is read for one message of a report, in bytes.
	maxMessage = 1 << 20
	// maxProgress is more than an image has, in bytes, and a hundred of it fit into 64 bits.
	maxProgress = 1 << 50
)

// plainReport is an engine's report without what a terminal would act on: its texts
// come from registries too.
func plainReport(report io.Reader) *io.PipeReader {
	r, w := io.Pipe()
	go func() {
		some := &io.LimitedReader{R: report}
		in, out := json.NewDecoder(some), json.NewEncoder(w)
		for {
			some.N = maxMessage
			var m jsonmessage.JSONMessage
			err := in.Decode(&m)
			if err == nil {
				//lint:ignore SA1019 an engine may still send them, and they are shown
				for _, text := range []*string{&m.Stream, &m.Status, &m.ID, &m.From, &m.ProgressMessage, &m.ErrorMessage} {
					line, end := strings.CutSuffix(*text, "\n")
					if *text = term.OneLine(line); end {
						*text += "\n"
					}
				}
				if p := m.Progress; p != nil {
					p.Units = term.OneLine(p.Units)
					// A bar is drawn of so many characters as these say.
					p.Current, p.Total = min(max(p.Current, 0), maxProgress), min(max(p.Total, 0), maxProgress)
				}
				m.Aux = nil
				err = out.Encode(m)
			}
			if err != nil {
				w.CloseWithError(err)
				return
			}
		}
	}()
	return r
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
		Msg:  fmt.Sprintf("image %q is not on the engine, and `pull = \"never\"` forbids to fetch it", p.Image),
		Hint: e.dialect().inWords(fmt.Sprintf("build it, or fetch it with `docker pull %s`", p.Image)),
	}
	if state.Platform != "" {
		out.Msg = fmt.Sprintf("image %q is on the engine for %s only, not for %s", p.Image, state.Platform, p.Platform)
		out.Hint = e.dialect().inWords(fmt.Sprintf("fetch it with `docker pull --platform %s %s`", p.Platform, p.Image))
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
	if cerrdefs.IsNotFound(err) {
		return ImageState{}, nil
	}
	if err != nil {
		return ImageState{}, &Error{Msg: fmt.Sprintf("cannot look up the image %q", p.Image), Err: err}
	}
	state := ImageState{Platform: found.Os + "/" + found.Architecture, Answer: found}
	if found.Variant != "" {
		state.Platform += "/" + found.Variant
	}
	// "linux/arm" and "linux/arm/v7" name each other's images, as the engine sees it.
	have, want := state.Platform+"/", p.Platform+"/"
	state.Usable = p.Platform == "" || strings.HasPrefix(have, want) || strings.HasPrefix(want, have)
	return state, nil
}
