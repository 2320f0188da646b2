package engine

import (
	"context"
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

	"ctenv/internal/engine/conn"
	"ctenv/internal/plan"
)

// Error is a failure of the engine, or of carrying a plan out on it.
type Error = conn.Error

// ErrGone marks the errors after which there is no engine to clean up on.
var ErrGone = errors.New("connection lost")

// Lost is what is left to say when the engine dies under a container.
func (e *Engine) Lost(err error) error {
	// The address of the one call that noticed is no news.
	if call := (*url.Error)(nil); errors.As(err, &call) {
		err = call.Err
	}
	return &Error{
		Msg:  fmt.Sprintf("the container engine at %s went away during the run", e.Address()),
		Hint: "the container may still be there; see `ctenv list` once the engine is back",
		Err:  fmt.Errorf("%w: %w", ErrGone, err),
	}
}

// Cut is why a call was cut off: ctx is over, or the engine went away. Else it is nil.
func (e *Engine) Cut(ctx context.Context, err error) error {
	if ctx.Err() == nil && ConnectionLost(err) {
		return e.Lost(err)
	}
	return ctx.Err()
}

// ConnectionLost tells whether err comes from the connection and is no answer of
// the engine.
func ConnectionLost(err error) bool {
	return client.IsErrConnectionFailed(err) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.As(err, new(*net.OpError))
}

// Found says, by the error of a look-up, whether the engine has what was looked up. Of any other
// error it says that in the words of failure.
func Found(err error, failure string, a ...any) (bool, error) {
	if err == nil || cerrdefs.IsNotFound(err) {
		return err == nil, nil
	}
	return false, &Error{Msg: fmt.Sprintf(failure, a...), Err: err}
}

// createError explains why no container could be made. Classes of errors and the
// plan tell most cases; what is left is known only by the engine's words, which
// choose the wording here and nothing else.
func (e *Engine) createError(err error, p plan.Plan) error {
	if problem := e.RootlessProblem(err, p); problem != nil {
		return problem
	}
	if problem := unreadableMount(err, p); problem != nil {
		return problem
	}
	text := err.Error()
	if strings.Contains(text, noSuchSource) {
		if m, found := meantMount(p, func(m plan.Mount) bool { return strings.Contains(text, m.Source) }); found {
			return e.missingSource(m, p)
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

// bindMounts are the paths of this machine that a container is to have, by volumes or by
// --mount in run_args.
func bindMounts(p plan.Plan) []plan.Mount {
	var all []plan.Mount
	for _, m := range p.Mounts {
		if m.Type == plan.MountBind {
			all = append(all, m)
		}
	}
	for _, a := range p.RunArgs {
		if m, ok := a.Mount(); ok && m.Source != "" {
			all = append(all, plan.Mount{Type: plan.MountBind, Source: m.Source, Target: m.Target})
		}
	}
	return all
}

// meantMount is the bind mount that an error is about, of those that named says may be: the
// one with the longest source, since one may lie in another.
func meantMount(p plan.Plan, named func(plan.Mount) bool) (meant plan.Mount, found bool) {
	for _, m := range bindMounts(p) {
		if named(m) && (!found || len(m.Source) > len(meant.Source)) {
			meant, found = m, true
		}
	}
	return meant, found
}

// missingSource tells a missing path from one that the engine does not see
// because it runs elsewhere.
func (e *Engine) missingSource(m plan.Mount, p plan.Plan) error {
	if _, err := os.Lstat(m.Source); err != nil {
		return &Error{Msg: fmt.Sprintf("mount source %q does not exist", m.Source)}
	}
	err := e.cannotMount(m.Source, m.Target)
	if p.Request.BindHint != "" { // it sees others of our files, so it is on this machine
		err.Hint = p.Request.BindHint + "; else " + err.Hint
	}
	return err
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
	{"read-only file system", "a mount point does not exist inside a read-only mount or image", "make the directory there first"},
	{"not a directory", "a file is mounted on a directory, or a directory on a file", ""},
}

// StartError explains why a container did not start.
func (e *Engine) StartError(err error, p plan.Plan) error {
	if mode := container.NetworkMode(p.Network); mode.IsContainer() && cerrdefs.IsNotFound(err) {
		return &Error{
			Msg:  fmt.Sprintf("network %q names a container that does not exist", p.Network),
			Hint: e.dialect().inWords("`docker ps` lists those that do"),
		}
	}
	if problem := unreadableMount(err, p); problem != nil {
		return problem
	}
	text := err.Error()
	for _, c := range startCauses {
		if strings.Contains(text, c.words) {
			return &Error{Msg: c.msg, Hint: e.dialect().inWords(c.hint), Err: ShortCause(err)}
		}
	}
	return &Error{Msg: fmt.Sprintf("the container of %q does not start", p.Image), Err: ShortCause(err)}
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

// ShortCause drops the names of the layers that an error came through.
func ShortCause(err error) error {
	text := conn.CauseText(err)
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
	return &conn.Cause{Text: text, Err: err}
}
