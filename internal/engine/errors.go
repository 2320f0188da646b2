package engine

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/client"

	"ctenv/internal/plan"
)

// Error is a failure of the engine, or of carrying a plan out on it: exit code
// 125, as `docker run` has it. Hint is the way out where there is one.
type Error struct {
	Msg  string
	Hint string
	Err  error // the cause, nil where Msg is the whole story
}

func (e *Error) Error() string {
	if e.Err == nil {
		return e.Msg
	}
	return e.Msg + ": " + causeText(e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// causeText is an error of the engine on one line, without what every one of
// them starts with.
func causeText(err error) string {
	text := strings.TrimPrefix(err.Error(), "Error response from daemon: ")
	return strings.Join(strings.Fields(text), " ")
}

// errGone marks the errors after which there is no engine to clean up on.
var errGone = errors.New("connection lost")

// lost is what is left to say when the engine dies under a container.
func (e *Engine) lost(err error) error {
	// The address of the one call that noticed is no news.
	if call := (*url.Error)(nil); errors.As(err, &call) {
		err = call.Err
	}
	return &Error{
		Msg:  fmt.Sprintf("the container engine at %s went away during the run", e.endpoint.address),
		Hint: "the container may still be there; see `ctenv list` once the engine is back",
		Err:  fmt.Errorf("%w: %w", errGone, err),
	}
}

// connectionLost tells whether err comes from the connection and is no answer of
// the engine.
func connectionLost(err error) bool {
	return client.IsErrConnectionFailed(err) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.As(err, new(*net.OpError))
}

// createError explains why no container could be made. Classes of errors and the
// plan tell most cases; what is left is known only by the engine's words, which
// choose the wording here and nothing else.
func (e *Engine) createError(err error, p plan.Plan) error {
	if problem := e.podmanProblem(err, p); problem != nil {
		return problem
	}
	text := err.Error()
	if strings.Contains(text, noSuchSource) {
		for _, m := range p.Mounts {
			if m.Type == plan.MountBind && strings.Contains(text, m.Source) {
				return e.missingSource(m)
			}
		}
	}
	for _, a := range p.RunArgs {
		// Podman looks here, docker at the start.
		if device, _, _ := strings.Cut(a.Value, ":"); a.Name == "device" && strings.Contains(text, "stat "+device+":") {
			return &Error{Msg: startCauses[deviceMissing].msg, Hint: startCauses[deviceMissing].hint, Err: err}
		}
	}
	if strings.Contains(text, "Duplicate mount point") {
		return &Error{Msg: "two mounts have the same target", Err: err}
	}
	return &Error{Msg: fmt.Sprintf("cannot make a container of %q", p.Image), Err: err}
}

// missingSource tells a missing path from one that the engine does not see
// because it runs elsewhere.
func (e *Engine) missingSource(m plan.Mount) error {
	if _, err := os.Lstat(m.Source); err != nil {
		return &Error{Msg: fmt.Sprintf("mount source %q does not exist", m.Source)}
	}
	return e.cannotMount(m.Source, m.Target)
}

// deviceMissing is the index of a cause that a create can have too.
const deviceMissing = 0

// startCauses explain what a container runtime says when a container does not
// start. The engine hands its text on as a plain server error, so there is
// nothing but words to go by.
var startCauses = []struct{ words, msg, hint string }{
	{"error gathering device information", "a device does not exist on the engine's machine", "see --device in run_args"},
	{"port is already allocated", "a port of the host is taken", "another container publishes it; `docker ps` shows which"},
	{"address already in use", "a port of the host is taken", "choose another one, or stop the program that listens on it"},
	{"could not select device driver", "the engine has no driver for the devices asked for", "see --gpus in run_args"},
	{"exec format error", "the image's programs, or ctenv-init, are for another processor than the engine's", "set `platform`, install qemu's binfmt handlers (package qemu-user-static), or use a ctenv for the engine's architecture"},
	{"error setting rlimits", "a limit in `ulimits` is higher than the engine may set", "lower it, or raise the engine's own limit"},
	{"read-only file system", "a mount point does not exist inside a read-only mount or image", "make the folder there first"},
	{"not a directory", "a file is mounted on a folder, or a folder on a file", ""},
}

// startError explains why a container did not start.
func startError(err error, p plan.Plan) error {
	if mode := container.NetworkMode(p.Network); mode.IsContainer() && cerrdefs.IsNotFound(err) {
		return &Error{
			Msg:  fmt.Sprintf("network %q names a container that does not exist", p.Network),
			Hint: "`docker ps` lists those that do",
		}
	}
	text := err.Error()
	for _, c := range startCauses {
		if strings.Contains(text, c.words) {
			return &Error{Msg: c.msg, Hint: c.hint, Err: shortCause(err)}
		}
	}
	return &Error{Msg: fmt.Sprintf("the container of %q does not start", p.Image), Err: shortCause(err)}
}

// runtimePrefixes are the layers that each put their name before a cause on its
// way from the runtime through the engine.
var runtimePrefixes = []string{
	"Error response from daemon: ",
	"failed to create task for container: ",
	"failed to create shim task: ",
	"OCI runtime create failed: ",
	"runc create failed: ",
	"crun: ",
	"unable to start container process: ",
	"error during container init: ",
}

// shortCause drops the names of the layers that an error came through.
func shortCause(err error) error {
	text := causeText(err)
	for again := true; again; {
		again = false
		for _, prefix := range runtimePrefixes {
			if rest, ok := strings.CutPrefix(text, prefix); ok {
				text, again = rest, true
			}
		}
	}
	// containerd ends what it knows no class for in this word; guesses of the
	// engine follow.
	text, _, _ = strings.Cut(text, ": unknown")
	return &cause{text, err}
}

// cause is an error with a shorter text.
type cause struct {
	text string
	err  error
}

func (c *cause) Error() string { return c.text }
func (c *cause) Unwrap() error { return c.err }
