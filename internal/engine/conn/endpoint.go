package conn

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"strings"

	cerrdefs "github.com/containerd/errdefs"
	clicontext "github.com/docker/cli/cli/context"
	"github.com/docker/cli/cli/context/docker"
	"github.com/docker/cli/cli/context/store"
	"github.com/docker/cli/opts"
	"github.com/docker/docker/client"
)

const (
	envHost      = client.EnvOverrideHost     // DOCKER_HOST
	envContext   = "DOCKER_CONTEXT"           // the name of a context
	envTLS       = "DOCKER_TLS"               // not empty: TLS, whoever the other end is
	envTLSVerify = client.EnvTLSVerify        // not empty: TLS, and the other end's certificate must be good
	envCertPath  = client.EnvOverrideCertPath // the directory of ca.pem, cert.pem and key.pem

	// defaultContext is the name of what is in force without a context.
	defaultContext = "default"
)

// endpoint is the way to an engine.
type endpoint struct {
	opts    []client.Opt
	address string // as its owner wrote it, for messages: the client's own is a dummy for ssh
	// named is what named the address: DOCKER_HOST, or `docker context "x"`. "" is
	// docker's default socket.
	named   string
	warning string            // docker's config.json cannot be read
	headers map[string]string // for each call, where config.json asks for some
	config  DockerConfig
}

// dockerEndpoint finds the engine that the docker command would speak to:
// DOCKER_HOST's, else the one of the context that DOCKER_CONTEXT names, else of
// the current context in config.json, else the local socket. The context store is
// read only when a context is named. Errors are of type *Error.
//
// Rules and order are those of docker/cli's cli/command and cli/flags, which are
// no libraries.
func dockerEndpoint(getenv func(string) string) (endpoint, error) {
	ep := endpoint{config: NewDockerConfig(getenv)}
	settings, err := ep.config.File()
	if err != nil {
		// As the docker command, which warns and goes on: `sudo docker login` leaves
		// a file that its owner cannot read.
		ep.warning = fmt.Sprintf("docker's settings are ignored: %s", CauseText(err))
	}
	name, origin := defaultContext, ""
	switch {
	case getenv(envHost) != "":
	case getenv(envContext) != "":
		name, origin = getenv(envContext), envContext+" names it"
	case settings.CurrentContext != "":
		name, origin = settings.CurrentContext, fmt.Sprintf("it is the current one in %q", settings.Filename)
	}

	var target docker.Endpoint
	if name == defaultContext {
		if getenv(envHost) != "" {
			ep.named = envHost
		}
		target, err = defaultTarget(getenv, ep.config.dir)
	} else {
		ep.named = fmt.Sprintf("docker context %q", name)
		target, err = contextTarget(ep.config.dir, name, origin)
	}
	if err != nil {
		return ep, err
	}
	ep.address = withoutPassword(target.Host)
	if ep.opts, err = target.ClientOpts(); err != nil {
		return ep, &Error{
			Msg:  fmt.Sprintf("the engine's address %q or its certificates cannot be used", ep.address),
			Hint: ep.hint(),
			Err:  err,
		}
	}
	if len(settings.HTTPHeaders) > 0 {
		ep.headers = settings.HTTPHeaders
		ep.opts = append(ep.opts, client.WithHTTPHeaders(ep.headers))
	}
	return ep, nil
}

// hint says where the address can be put right.
func (ep endpoint) hint() string {
	switch {
	case ep.named == "":
		return ""
	case ep.named == containerHost:
		return containerHost + " names it"
	case ep.named != envHost:
		return ep.named + " names it; see `docker context ls`"
	case ep.overSSH():
		return "DOCKER_HOST names it"
	}
	return "see DOCKER_HOST, DOCKER_TLS_VERIFY and DOCKER_CERT_PATH in the environment"
}

func (ep endpoint) overSSH() bool { return strings.HasPrefix(ep.address, "ssh://") }

// withoutPassword is an address that can be shown.
func withoutPassword(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	if _, secret := u.User.Password(); !secret {
		return address
	}
	return u.Redacted()
}

// defaultTarget is what the environment alone says.
func defaultTarget(getenv func(string) string, configDir string) (docker.Endpoint, error) {
	verify := getenv(envTLSVerify) != ""
	useTLS := verify || getenv(envTLS) != ""
	address, err := opts.ParseHost(useTLS, getenv(envHost))
	if err != nil {
		return docker.Endpoint{}, &Error{Msg: fmt.Sprintf("DOCKER_HOST %q is no address of an engine", getenv(envHost)),
			Hint: "it is like unix:///run/docker.sock, tcp://host:2376 or ssh://user@host", Err: err}
	}
	target := docker.Endpoint{EndpointMeta: docker.EndpointMeta{Host: address}}
	if !useTLS {
		return target, nil
	}
	target.SkipTLSVerify = !verify
	dir := cmp.Or(getenv(envCertPath), configDir)
	target.TLSData = &clicontext.TLSData{}
	for _, f := range []struct {
		name string
		to   *[]byte
	}{{"ca.pem", &target.TLSData.CA}, {"cert.pem", &target.TLSData.Cert}, {"key.pem", &target.TLSData.Key}} {
		// Only the other end's authority is needed; a certificate of one's own is
		// presented where there is one.
		if *f.to, err = read(filepath.Join(dir, f.name)); err != nil && (f.name == "ca.pem" || !errors.Is(err, fs.ErrNotExist)) {
			return docker.Endpoint{}, &Error{Msg: "the certificates for the engine cannot be read",
				Hint: "DOCKER_TLS_VERIFY or DOCKER_TLS asks for them, and DOCKER_CERT_PATH names their directory", Err: err}
		}
	}
	return target, nil
}

// contextTarget reads a context from docker's store. origin is where its name
// comes from.
func contextTarget(configDir, name, origin string) (docker.Endpoint, error) {
	contexts := store.New(filepath.Join(configDir, "contexts"), store.NewConfig(nil,
		store.EndpointTypeGetter(docker.DockerEndpoint, func() any { return &docker.EndpointMeta{} })))
	at := contexts.GetStorageInfo(name)
	err := cmp.Or(allRegular(at.MetadataPath), allRegular(at.TLSPath))
	var meta store.Metadata
	if err == nil {
		meta, err = contexts.GetMetadata(name)
	}
	if cerrdefs.IsNotFound(err) {
		return docker.Endpoint{}, &Error{
			Msg:  fmt.Sprintf("docker context %q does not exist", name),
			Hint: origin + "; `docker context ls` shows those that exist, `docker context use default` is the way back to the local engine",
		}
	}
	var target docker.Endpoint
	if err == nil {
		target.EndpointMeta, err = docker.EndpointFromContext(meta)
	}
	if err == nil {
		target, err = docker.WithTLSData(contexts, name, target.EndpointMeta)
	}
	if err != nil {
		return docker.Endpoint{}, &Error{Msg: fmt.Sprintf("docker context %q cannot be used", name),
			Hint: origin + "; see `docker context inspect`", Err: err}
	}
	return target, nil
}
