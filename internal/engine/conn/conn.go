// Package conn finds a container engine and connects to it. A Conn has answered: nothing
// that is done with one has to ask whether there is an engine.
package conn

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/client"
)

// Conn is a connection to an engine that has answered.
type Conn struct {
	API    *client.Client
	Raw    rawAPI
	Podman bool
	// PassedOver says that podman is used, and why docker is not; nil where it is or nobody asked.
	PassedOver error

	getenv   func(string) string // the caller's
	endpoint endpoint
	service  *service // podman's, where it had to be started
}

// Search is for an engine.
type Search struct {
	runtime string
	getenv  func(string) string
	docker  endpoint
}

// NewSearch is a search for an engine of that kind, with the caller's environment:
// docker's where the docker command would find it. "auto" or "" is docker where its engine
// answers, else podman. It contacts nobody.
func NewSearch(runtime string, getenv func(string) string) (*Search, error) {
	s := &Search{runtime: runtime, getenv: getenv, docker: endpoint{config: NewDockerConfig(getenv)}}
	var err error
	if runtime != Podman {
		s.docker, err = dockerEndpoint(getenv)
	}
	return s, err
}

// Key tells engines apart as they are configured.
func (s *Search) Key() string {
	at := cmp.Or(s.runtime, "auto")
	if at != Podman {
		at += "\x00" + s.docker.address
	}
	if at != Docker {
		at += "\x00" + s.getenv("CONTAINER_HOST")
	}
	return at
}

// Find connects. ctx covers the life of a service that is started, too.
func (s *Search) Find(ctx context.Context) (*Conn, error) {
	c := &Conn{}
	if err := c.find(ctx, s); err != nil {
		return nil, err
	}
	return c, nil
}

// Close gives up the connection, and ends what was started for it.
func (c *Conn) Close() error {
	err := c.API.Close()
	if c.service != nil {
		c.service.stop()
	}
	return err
}

// Address is the engine's as its owner wrote it.
func (c *Conn) Address() string { return c.endpoint.address }

// Named says that DOCKER_HOST, a context or the like names the address.
func (c *Conn) Named() bool { return c.endpoint.named != "" }

// Own says that the engine was started for this connection.
func (c *Conn) Own() bool { return c.service != nil }

// Warning is what was wrong on the way, and is no reason to stop.
func (c *Conn) Warning() string { return c.endpoint.warning }

// Refused is why docker's engine was not taken though there is one, else nil.
func (c *Conn) Refused() error {
	if errors.Is(c.PassedOver, fs.ErrNotExist) {
		return nil
	}
	return c.PassedOver
}

// Config is the docker command's.
func (c *Conn) Config() DockerConfig { return c.endpoint.config }

// Inspect looks at a container. An answer with a part of it missing is an error, so that nobody else
// has to ask.
func (c *Conn) Inspect(ctx context.Context, id string) (container.InspectResponse, error) {
	box, err := c.API.ContainerInspect(ctx, id)
	if err == nil && (box.ContainerJSONBase == nil || box.State == nil || box.HostConfig == nil || box.Config == nil) {
		err = fmt.Errorf("the engine at %s does not say what container %.12s is", c.Address(), id)
	}
	return box, err
}

// Rootless tells whether the engine's root is an ordinary user. Mostly its socket
// tells, which costs no API call: root's is a rootful engine's, and one that lies
// where rootless engines put theirs is one's own. A user's socket elsewhere may
// lead to an engine of any kind: root's, whose socket was given to the user, or one in a
// virtual machine.
func (c *Conn) Rootless(ctx context.Context) (bool, error) {
	if socket, ok := socketPath(c.endpoint.address); ok {
		fi, err := os.Stat(socket)
		if err == nil && fi.Sys().(*syscall.Stat_t).Uid == 0 {
			return false, nil
		}
		if err == nil && (c.Podman && filepath.Dir(socket) == filepath.Join(RuntimeDir(c.getenv), "podman") || c.service != nil || !c.Podman && besideRootlesskit(socket)) {
			return true, nil
		}
	}
	// Podman 4 says it outside of the security options, in a field that Docker lacks.
	var info struct {
		Rootless        bool
		SecurityOptions []string
	}
	answer, body, err := c.Raw.Call(ctx, http.MethodGet, "/info")
	if err == nil && answer.StatusCode != http.StatusOK {
		err = errors.New(answer.Status)
	}
	if err == nil {
		err = json.Unmarshal(body, &info)
	}
	if err != nil {
		return false, &Error{Msg: fmt.Sprintf("the container engine at %s does not say what it is", c.endpoint.address), Err: err}
	}
	return info.Rootless || slices.Contains(info.SecurityOptions, "name=rootless"), nil
}

// besideRootlesskit tells whether a socket was made by dockerd-rootless.sh, which
// keeps its state beside it.
func besideRootlesskit(socket string) bool {
	_, err := os.Stat(filepath.Join(filepath.Dir(socket), "dockerd-rootless"))
	return err == nil
}

// socketPath returns the path in a unix:// address.
func socketPath(address string) (string, bool) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "unix" {
		return "", false
	}
	return u.Path, true
}
