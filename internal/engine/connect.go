package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/docker/docker/client"
)

// The values of Options.Runtime.
const (
	runtimeDocker = "docker"
	runtimePodman = "podman"
)

// Options choose the engine.
type Options struct {
	// Runtime is "docker", "podman", or "auto" or "": docker where its engine
	// answers, else podman.
	Runtime string
	// Getenv looks up a variable of the caller's; nil is os.Getenv.
	Getenv func(string) string
	// Init gives the ctenv-init for an architecture, by GOARCH's names. It is asked
	// only for an engine that does not see our files.
	Init func(arch string) ([]byte, error)
}

// find connects to the engine that o asks for.
func (e *Engine) find(ctx context.Context, o Options, docker endpoint) error {
	switch o.Runtime {
	case runtimePodman:
		return e.findPodman(ctx, o.Getenv, docker.config)
	case runtimeDocker:
		return e.findDocker(ctx, o.Getenv, docker)
	}
	dockerErr := e.findDocker(ctx, o.Getenv, docker)
	// An engine that is named is the one that is meant.
	if dockerErr == nil || docker.named != "" || ctx.Err() != nil {
		return dockerErr
	}
	podmanErr := e.findPodman(ctx, o.Getenv, docker.config)
	if podmanErr == nil {
		e.passedOver = dockerErr
		return nil
	}
	return noEngine(docker, dockerErr, podmanErr)
}

// findDocker connects to docker's engine. Where the default address is meant and
// does not answer, a rootless engine may be at the address that it has by default.
func (e *Engine) findDocker(ctx context.Context, getenv func(string) string, ep endpoint) error {
	err := e.try(ctx, ep)
	if err == nil || ep.named != "" {
		return err
	}
	socket := filepath.Join(userRuntimeDir(getenv), "docker.sock")
	if _, statErr := os.Stat(socket); statErr == nil && e.try(ctx, socketEndpoint(socket, ep.config)) == nil {
		return nil
	}
	return err
}

// noEngine is the error of a search that found nothing.
func noEngine(docker endpoint, dockerErr, podmanErr error) error {
	var d *Error
	switch {
	case !errors.As(dockerErr, &d):
		return dockerErr
	case errors.Is(podmanErr, errNoPodman) && errors.Is(d.Err, fs.ErrPermission):
		return dockerErr // there is one engine, and a way in
	}
	return &Error{
		Msg:  fmt.Sprintf("no container engine answers: docker at %s: %s; %s", docker.address, causeText(d.Err), podmanErr),
		Hint: "`ctenv doctor` says what is missing and how to mend it",
	}
}

// socketEndpoint is the way to an engine on this machine.
func socketEndpoint(path string, config dockerConfig) endpoint {
	address := "unix://" + path
	return endpoint{
		opts:    []client.Opt{client.WithHost(address), client.WithVersionFromEnv(), client.WithAPIVersionNegotiation()},
		address: address,
		config:  config,
	}
}

// userRuntimeDir is the folder of the user's sockets, by the XDG Base Directory
// Specification, or where it is when XDG_RUNTIME_DIR is not set.
func userRuntimeDir(getenv func(string) string) string {
	if dir := getenv("XDG_RUNTIME_DIR"); dir != "" {
		return dir
	}
	return fmt.Sprintf("/run/user/%d", os.Getuid())
}

// try connects to an engine, which becomes e's when it answers.
func (e *Engine) try(ctx context.Context, ep endpoint) error {
	// The transport is the client's own, to be asked for what the client keeps to
	// itself.
	var transport *http.Transport
	api, err := client.NewClientWithOpts(append(ep.opts, func(c *client.Client) error {
		transport, _ = c.HTTPClient().Transport.(*http.Transport)
		return nil
	})...)
	if err != nil {
		return &Error{Msg: fmt.Sprintf("the engine's address %q cannot be used", ep.address), Hint: ep.hint(), Err: err}
	}
	raw, err := newRawAPI(api.DaemonHost(), transport, ep.headers)
	if err != nil {
		return &Error{Msg: fmt.Sprintf("the engine's address %q cannot be used", ep.address), Hint: ep.hint(), Err: err}
	}
	version, podman, err := raw.ping(ctx)
	if err != nil {
		api.Close()
		return unreachable(ctx, ep, err)
	}
	api.NegotiateAPIVersionPing(version)
	e.api, e.raw, e.endpoint, e.podman = api, raw, ep, podman
	return nil
}

// unreachable explains a ping that failed.
func unreachable(ctx context.Context, ep endpoint, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if ep.overSSH() {
		return &Error{
			Msg:  fmt.Sprintf("no container engine answers at %s", ep.address),
			Hint: "ssh has to reach that machine without a question and to find the docker command there; " + ep.hint(),
			Err:  sshCause(err),
		}
	}
	// The address is part of our own message.
	if op := (*net.OpError)(nil); errors.As(err, &op) {
		err = op.Err
	}
	out := &Error{Msg: fmt.Sprintf("no container engine answers at %s", ep.address), Err: err}
	_, local := socketPath(ep.address)
	switch {
	case errors.Is(err, fs.ErrPermission):
		out.Msg = fmt.Sprintf("this user may not use the container engine at %s", ep.address)
		out.Hint = "join the group that owns the socket (sudo usermod -aG docker $USER) and log in again"
	case local && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED)):
		out.Hint = "is Docker installed and running (systemctl status docker)? `ctenv doctor` says more; DOCKER_HOST names an engine elsewhere"
	default:
		out.Hint = strings.TrimSpace("is the engine running? " + ep.hint())
	}
	return out
}

// sshCause is the last line of what ssh itself said, where the client quotes it.
func sshCause(err error) error {
	_, said, found := strings.Cut(err.Error(), "stderr=")
	lines := strings.Split(strings.TrimSpace(said), "\n")
	last := strings.TrimSpace(lines[len(lines)-1])
	if !found || last == "" {
		return err
	}
	return &cause{last, err}
}
