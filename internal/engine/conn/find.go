package conn

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
	"sync/atomic"
	"syscall"

	"github.com/docker/docker/client"

	"ctenv/internal/hint"
)

// The kinds of engines.
const (
	Docker = "docker"
	Podman = "podman"
)

// find connects to the engine that s is for.
func (c *Conn) find(ctx context.Context, s *Search) error {
	c.getenv = s.getenv
	o, docker := s, s.docker
	switch o.runtime {
	case Podman:
		return c.findPodman(ctx, o.getenv, docker.config)
	case Docker:
		return c.findDocker(ctx, o.getenv, docker)
	}
	dockerErr := c.findDocker(ctx, o.getenv, docker)
	// An engine that is named is the one that is meant.
	if dockerErr == nil || docker.named != "" || ctx.Err() != nil {
		return dockerErr
	}
	podmanErr := c.findPodman(ctx, o.getenv, docker.config)
	if podmanErr == nil {
		c.PassedOver = fmt.Errorf("podman is used: %w", dockerErr)
		return nil
	}
	return noEngine(s.getenv, docker, dockerErr, podmanErr)
}

// findDocker connects to docker's engine. Where the default address is meant and
// does not answer, a rootless engine may be at the address that it has by default.
func (c *Conn) findDocker(ctx context.Context, getenv func(string) string, ep endpoint) error {
	err := c.try(ctx, ep)
	if err == nil || ep.named != "" {
		return err
	}
	dir := RuntimeDir(getenv)
	socket := filepath.Join(dir, "docker.sock")
	if _, statErr := os.Stat(socket); statErr == nil && ownDir(dir) && c.try(ctx, socketEndpoint(socket, ep.config)) == nil {
		return nil
	}
	return err
}

// noEngine is the error of a search that found nothing.
func noEngine(getenv func(string) string, docker endpoint, dockerErr, podmanErr error) error {
	var d *Error
	switch {
	case !errors.As(dockerErr, &d):
		return dockerErr
	case errors.Is(podmanErr, errNoPodman) && errors.Is(d.Err, fs.ErrPermission):
		return dockerErr // there is one engine, and a way in
	}
	way := "`ctenv doctor` says what is missing and how to mend it"
	for _, better := range []string{remedy(podmanErr), inContainer(getenv), exhausted(podmanErr), exhausted(dockerErr)} {
		if better != "" {
			way = better
		}
	}
	return &Error{
		Msg:  fmt.Sprintf("no container engine answers: docker at %s: %s; %s", docker.address, CauseText(d.Err), podmanErr),
		Hint: way,
	}
}

// remedy is the way out of what keeps podman from working, where that is known.
func remedy(err error) string {
	var p *Error
	if !errors.As(err, &p) || errors.Is(err, errNoPodman) || p.Hint == doctorLooks {
		return ""
	}
	return p.Hint
}

// socketEndpoint is the way to an engine on this machine.
func socketEndpoint(path string, config DockerConfig) endpoint {
	address := "unix://" + path
	return endpoint{
		opts:    []client.Opt{client.WithHost(address), client.WithVersionFromEnv(), client.WithAPIVersionNegotiation()},
		address: address,
		config:  config,
	}
}

// RuntimeDir is the directory of the user's sockets, by the XDG Base Directory
// Specification, or where it is when XDG_RUNTIME_DIR is not set.
func RuntimeDir(getenv func(string) string) string {
	if dir := getenv("XDG_RUNTIME_DIR"); dir != "" {
		return dir
	}
	return fmt.Sprintf("/run/user/%d", os.Getuid())
}

// ownDir says that nobody but the caller and root can have put a socket into a directory:
// an engine that another user plays would be given the caller's variables.
func ownDir(dir string) bool {
	info, err := os.Stat(dir)
	if err != nil || !info.IsDir() || info.Mode()&0o022 != 0 {
		return false
	}
	uid := info.Sys().(*syscall.Stat_t).Uid
	return uid == 0 || int(uid) == os.Getuid()
}

// inContainer is the way out where ctenv is called in a container of its own, which has no
// engine, "" elsewhere.
func inContainer(getenv func(string) string) string {
	if getenv("CTENV") != "1" {
		return ""
	}
	return fmt.Sprintf("this is inside ctenv's container %q, which has no engine: call ctenv outside of it, or give the container the engine's socket (volumes = [\"/var/run/docker.sock\"])", getenv("CTENV_CONTAINER"))
}

// exhausted is the way out where this user or machine has no more of something, "" else.
func exhausted(err error) string {
	switch {
	case errors.Is(err, syscall.EMFILE):
		return hint.MoreFiles
	case errors.Is(err, syscall.ENFILE):
		return "this machine has no more open files to give (sysctl fs.file-max)"
	case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.ENOMEM):
		return "this user may start no more processes, or memory has run out: raise the limit (ulimit -u)"
	}
	return ""
}

// tellExhausted has a connection that cannot be had for want of files be an error of its own:
// the client takes every failure of a socket for an engine that is not running.
func tellExhausted(t *http.Transport) {
	if t == nil || t.DialContext == nil {
		return
	}
	dial := t.DialContext
	t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		if way := exhausted(err); err != nil && way != "" {
			return nil, &Error{Msg: "there is no connection to the engine to be had", Hint: way, Err: errors.Unwrap(err)}
		}
		return c, err
	}
}

// hearSSH has a request that ssh does not take any more wait for ssh's answer, where it has
// given none yet: its end, with why it has ended, instead of a broken pipe.
func hearSSH(t *http.Transport) {
	dial := t.DialContext
	t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		if half, ok := c.(halfConn); ok {
			return &sshConn{halfConn: half}, err
		}
		return c, err
	}
}

// halfConn is one whose way there ends by itself.
type halfConn interface {
	net.Conn
	CloseWrite() error
}

type sshConn struct {
	halfConn
	heard atomic.Bool
}

func (c *sshConn) Read(p []byte) (int, error) {
	n, err := c.halfConn.Read(p)
	if n > 0 {
		c.heard.Store(true)
	}
	if err != nil && c.heard.Load() && failedThere(err) {
		err = fmt.Errorf("%w: %w", syscall.ECONNRESET, err)
	}
	return n, err
}

// failedThere says that the other machine's docker, which passes on what ssh carries, has ended
// ssh with an error. It does so where its engine closed a connection before it had read all
// input. Of an ssh that fails itself the status is 255.
func failedThere(err error) bool {
	_, status, ended := strings.Cut(err.Error(), "] has exited with exit status ")
	return ended && !strings.HasPrefix(status, "255,")
}

func (c *sshConn) Write(p []byte) (int, error) {
	n, err := c.halfConn.Write(p)
	if errors.Is(err, syscall.EPIPE) && !c.heard.Load() {
		return len(p), nil
	}
	return n, err
}

// try connects to an engine, which becomes c's when it answers.
func (c *Conn) try(ctx context.Context, ep endpoint) error {
	// The transport is the client's own, to be asked for what the client keeps to
	// itself.
	var transport *http.Transport
	api, err := client.NewClientWithOpts(append(ep.opts, func(c *client.Client) error {
		transport, _ = c.HTTPClient().Transport.(*http.Transport)
		tellExhausted(transport)
		if ep.overSSH() {
			hearSSH(transport)
		}
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
		return unreachable(ctx, ep, err, c.getenv)
	}
	api.NegotiateAPIVersionPing(version)
	c.API, c.Raw, c.endpoint, c.Podman = api, raw, ep, podman
	return nil
}

// unreachable explains a ping that failed.
func unreachable(ctx context.Context, ep endpoint, err error, getenv func(string) string) error {
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
	way := exhausted(err)
	if way == "" && local && errors.Is(err, fs.ErrNotExist) {
		way = inContainer(getenv)
	}
	switch {
	case way != "":
		out.Hint = way
	case ep.named == containerHost:
		out.Hint = "is podman's service running there (systemctl --user status podman.socket), and open to you? " + ep.hint()
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
	return &Cause{last, err}
}
