package conn

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/docker/docker/client"

	"ctenv/internal/podmancheck"
)

const (
	// serviceIdle is how long podman's service outlives a ctenv that was killed:
	// without a connection it ends by itself.
	serviceIdle = 5 * time.Second
	// serviceStart is how long the service may take until it answers.
	serviceStart = 30 * time.Second

	// servicePrefix begins the name of a service's directory, and serviceSocket is in it.
	servicePrefix = "ctenv-podman-"
	serviceSocket = "podman.sock"
)

// containerHost is the variable that names podman's service (podman(1)).
const containerHost = "CONTAINER_HOST"

// doctorLooks is the way out where nothing better is known.
const doctorLooks = "`ctenv doctor` looks for the cause"

// errNoPodman says that there is no podman command.
var errNoPodman = errors.New("it is not installed")

// findPodman connects to podman: to the service that CONTAINER_HOST names, else
// to the one that runs, as with systemd's podman.socket, else to one of c's own.
func (c *Conn) findPodman(ctx context.Context, getenv func(string) string, config DockerConfig) error {
	if address := getenv(containerHost); address != "" {
		if scheme, _, _ := strings.Cut(address, "://"); scheme != "unix" && scheme != "tcp" {
			return &Error{
				Msg:  fmt.Sprintf("CONTAINER_HOST %q is no address that ctenv can use", address),
				Hint: "it takes unix://PATH and tcp://HOST:PORT",
			}
		}
		return c.try(ctx, endpoint{
			opts:    []client.Opt{client.WithHost(address), client.WithAPIVersionNegotiation()},
			address: address, named: containerHost, config: config,
		})
	}
	dir := "/run"
	if os.Getuid() != 0 {
		dir = RuntimeDir(getenv)
	}
	running := filepath.Join(dir, "podman", "podman.sock")
	if _, err := os.Stat(running); err == nil && ownDir(dir) && ownDir(filepath.Dir(running)) && c.try(ctx, socketEndpoint(running, config)) == nil {
		return nil
	}
	own, err := startService(ctx, getenv)
	if err != nil {
		return err
	}
	if err := c.try(ctx, socketEndpoint(own.socket, config)); err != nil {
		own.stop()
		return err
	}
	c.service = own
	go own.keep(ctx, c.Raw)
	return nil
}

// service is podman's, for one run of ctenv.
type service struct {
	dir    string // holds the socket and what podman says, nobody else's
	socket string
	cmd    *exec.Cmd
	ended  chan struct{}
	getenv func(string) string
}

// startService starts podman's service and returns when it answers.
func startService(ctx context.Context, getenv func(string) string) (_ *service, err error) {
	if _, err := exec.LookPath(Podman); err != nil {
		return nil, &Error{Msg: "podman", Err: errNoPodman, Hint: "install it, or Docker; `ctenv doctor` says more"}
	}
	parent := RuntimeDir(getenv)
	if !ownDir(parent) {
		parent = os.TempDir() // a sticky one
	}
	removeDeadServices(parent)
	dir, err := os.MkdirTemp(parent, servicePrefix)
	if err != nil {
		return nil, &Error{Msg: "podman's service cannot be started", Err: err}
	}
	s := &service{dir: dir, socket: filepath.Join(dir, serviceSocket), ended: make(chan struct{}), getenv: getenv}
	defer func() {
		if err != nil {
			s.stop()
		}
	}()
	// A file, because what podman leaves running would hold a pipe open.
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, &Error{Msg: "podman's service cannot be started", Err: err}
	}
	defer log.Close()
	s.cmd = podmancheck.Command(context.WithoutCancel(ctx), "system", "service", fmt.Sprintf("--time=%d", int(serviceIdle.Seconds())), "unix://"+s.socket)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	// A session of its own: the keys of the terminal are the command's.
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := s.cmd.Start(); err != nil {
		s.cmd = nil
		return nil, &Error{Msg: "podman's service cannot be started", Hint: exhausted(err), Err: err}
	}
	go func() {
		_ = s.cmd.Wait()
		close(s.ended)
	}()
	return s, s.await(ctx)
}

// removeDeadServices removes what a ctenv that was killed has left in parent: the
// directories in which no service answers, nor may be about to.
func removeDeadServices(parent string) {
	entries, _ := os.ReadDir(parent)
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), servicePrefix) {
			continue
		}
		dir := filepath.Join(parent, entry.Name())
		info, err := os.Lstat(dir)
		if err != nil || !info.IsDir() || info.Sys().(*syscall.Stat_t).Uid != uint32(os.Getuid()) || time.Since(info.ModTime()) < serviceStart {
			continue
		}
		conn, err := net.Dial("unix", filepath.Join(dir, serviceSocket))
		switch {
		case err == nil:
			conn.Close()
		case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, fs.ErrNotExist):
			_ = os.RemoveAll(dir)
		}
	}
}

// await returns when the service answers.
func (s *service) await(ctx context.Context) error {
	late := time.After(serviceStart)
	for {
		conn, err := net.Dial("unix", s.socket)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.ended:
			words := s.lastWords()
			for _, c := range append([]podmancheck.Check{podmancheck.PauseProcess(words)}, podmancheck.All(s.getenv)...) {
				if c.Problem != "" {
					return &Error{Msg: "rootless podman: " + c.Problem, Hint: c.Remedy}
				}
			}
			return &Error{Msg: "podman's service ended at once", Hint: doctorLooks, Err: errors.New(words)}
		case <-late:
			return &Error{Msg: fmt.Sprintf("podman's service does not answer within %v", serviceStart), Hint: doctorLooks, Err: err}
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// keep has the service live as long as ctenv does, until ctx is cancelled: while
// podman's own command builds an image, nothing else would speak to it. The service
// closes a connection that is not used for twice serviceIdle.
func (s *service) keep(ctx context.Context, raw rawAPI) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.ended:
			return
		case <-time.After(serviceIdle):
			_, _, _ = raw.ping(ctx)
		}
	}
}

// lastWords is the last line that podman said.
func (s *service) lastWords() string {
	log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
	lines := strings.Split(strings.TrimSpace(string(log)), "\n")
	return lines[len(lines)-1]
}

// stop has the service end, and leaves nothing of it. Nobody waits for that: it takes as
// long as ctenv itself, and one that does not hear it ends for want of a connection.
func (s *service) stop() {
	if s.cmd != nil {
		_ = s.cmd.Process.Signal(syscall.SIGTERM)
	}
	_ = os.RemoveAll(s.dir)
}
