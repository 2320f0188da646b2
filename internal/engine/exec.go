package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"

	"ctenv/internal/plan"
	"ctenv/internal/wire"
)

// inspectPoll is how often a command that has closed its output, and goes on, is
// looked at.
const inspectPoll = 50 * time.Millisecond

// cannotStart is docker's exit code for a command that the container's end kept from
// starting.
const cannotStart = 126

// endLooks is how often a container that has refused a command is looked at, before
// it counts as one that goes on.
const endLooks = 5

// command is a command in a container that stays.
type command struct {
	e     *Engine
	c     Staying
	x     plan.Exec
	s     Streams
	sigs  *signals
	term  *terminal // nil without a terminal in the container
	id    string
	watch *watch
}

// Exec runs a command in the container of p, which it starts where there is none,
// and returns the command's exit code. found is told the container before that.
// Signals, errors and codes are those of Run. A detached command is only started.
//
// In a container that is there it makes five API calls: ping, list, create, start
// and inspect. A command that takes longer than watchDelay gets two more.
func (e *Engine) Exec(ctx context.Context, p plan.Plan, x plan.Exec, prepare Prepare, s Streams, found func(c Staying, fresh bool)) (code int, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sigs := catchSignals(cancel)
	defer sigs.stop()

	code, err = e.exec(ctx, p, x, prepare, s, sigs, found)
	if sig, ok := sigs.cancelled(); ok && err != nil {
		return 128 + int(sig), nil
	}
	return code, err
}

func (e *Engine) exec(ctx context.Context, p plan.Plan, x plan.Exec, prepare Prepare, s Streams, sigs *signals, found func(Staying, bool)) (int, error) {
	// One that is found may end before it is entered; then a new one is made.
	for try := 1; ; try++ {
		c, fresh, code, err := e.ensure(ctx, p, prepare, s, sigs)
		if err != nil || code != 0 {
			return code, err
		}
		found(c, fresh)
		r := &command{e: e, c: c, x: x, s: s, sigs: sigs}
		code, err = r.run(ctx)
		if err != nil && sigs.gaveUp() {
			s.warn("given up; the command may still be there, in container %s", c.Name)
		}
		if errors.Is(err, errNotRunning) && try < 3 {
			sigs.prepareNext()
			continue
		}
		return code, err
	}
}

// errNotRunning says that a container ended before a command got into it.
var errNotRunning = errors.New("the container does not run")

func (c Staying) notRunning() error {
	return &Error{Msg: fmt.Sprintf("container %s has ended", c.Name), Err: errNotRunning}
}

// create makes the command known to the engine.
func (e *Engine) createExec(ctx context.Context, c Staying, x plan.Exec, keys string) (string, error) {
	request, err := wire.Encode(x.Request)
	if err != nil {
		return "", err
	}
	options := container.ExecOptions{
		User: "0:0", WorkingDir: "/", Env: request, Cmd: x.Cmd,
		Tty: x.TTY, AttachStdin: x.OpenStdin, AttachStdout: !x.Detach, AttachStderr: !x.Detach, DetachKeys: keys,
	}
	if rows, cols := x.Request.Rows, x.Request.Cols; x.TTY && rows > 0 && cols > 0 {
		// From API 1.42 on; the request serves older engines.
		options.ConsoleSize = &[2]uint{uint(rows), uint(cols)}
	}
	made, err := e.api.ContainerExecCreate(ctx, c.ID, options)
	switch {
	case err == nil:
		return made.ID, nil
	case ctx.Err() != nil:
		return "", ctx.Err()
	case connectionLost(err):
		return "", e.lost(err)
	case cerrdefs.IsNotFound(err), cerrdefs.IsConflict(err):
		if e.runs(ctx, c) {
			return "", &Error{Msg: fmt.Sprintf("container %s takes no command", c.Name), Err: err}
		}
		return "", c.notRunning()
	}
	return "", &Error{Msg: fmt.Sprintf("cannot run a command in container %s", c.Name), Err: err}
}

// runs says whether a container is there and has not ended.
func (e *Engine) runs(ctx context.Context, c Staying) bool {
	found, err := e.api.ContainerInspect(ctx, c.ID)
	if err != nil {
		return !cerrdefs.IsNotFound(err)
	}
	return found.State.Running || found.State.Paused
}

// ended says whether a container has ended, right after it refused a command: an
// engine may do that a moment before it knows of the end.
func (e *Engine) ended(ctx context.Context, c Staying) bool {
	for range endLooks {
		if !e.runs(ctx, c) {
			return true
		}
		if sleep(ctx, inspectPoll) != nil {
			return false
		}
	}
	return false
}

// attachExec starts what createExec has made, with its streams on a connection.
func (e *Engine) attachExec(ctx context.Context, c Staying, id string, x plan.Exec) (*attachment, error) {
	conn, err := hijack(ctx, func() (types.HijackedResponse, error) {
		return e.api.ContainerExecAttach(ctx, id, container.ExecAttachOptions{Tty: x.TTY})
	})
	if err != nil {
		return nil, e.execError(ctx, c, err)
	}
	return &attachment{conn: conn, tty: x.TTY}, nil
}

// execError explains why what createExec has made does not start.
func (e *Engine) execError(ctx context.Context, c Staying, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case connectionLost(err):
		return e.lost(err)
	case e.ended(ctx, c):
		return c.notRunning()
	}
	return &Error{Msg: "the command does not start", Err: shortCause(err)}
}

func (r *command) run(ctx context.Context) (code int, err error) {
	var keys detachKeys
	if r.x.TTY && !r.x.Detach {
		r.term = newTerminal(r.s)
		defer r.term.restore()
		r.x.Request.Rows, r.x.Request.Cols = r.term.winsize()
		keys = r.e.detachKeys(r.s)
	}
	begun := time.Now()
	started := r.sigs.sayWhenSlow("the command", r.term, r.s)
	defer started()
	if r.id, err = r.e.createExec(ctx, r.c, r.x, keys.text); err != nil {
		return 0, err
	}
	if r.x.Detach {
		if err := r.e.api.ContainerExecStart(ctx, r.id, container.ExecStartOptions{Detach: true, Tty: r.x.TTY}); err != nil {
			return 0, r.e.execError(ctx, r.c, err)
		}
		return 0, nil
	}
	if r.term != nil {
		if err := r.term.rawForStart(); err != nil {
			return 0, &Error{Msg: "cannot set the terminal to raw mode", Err: err}
		}
	}
	r.sigs.beginStart()
	conn, err := r.e.attachExec(ctx, r.c, r.id, r.x)
	if err != nil {
		return 0, err
	}
	defer conn.close()
	written := make(chan error, 1)
	go func() {
		err := conn.copyOutput(r.s.Out, r.s.Err)
		// Output that cannot be written is still read, or the command would wait
		// for a reader instead of being told.
		if errors.As(err, new(*outputError)) {
			written <- err
			conn.discardOutput()
			err = nil
		}
		written <- err
	}()
	if r.term != nil {
		// Docker connects the streams before it starts the command, and answers this one
		// after that: until then keys are signals.
		r.term.follow(ctx, r.s, func(size container.ResizeOptions) error {
			return r.e.api.ContainerExecResize(ctx, r.id, size)
		})
		_ = r.term.raw()
	}
	started()
	r.watch = newWatch(ctx, r, time.Since(begun))
	defer r.watch.close()
	r.sigs.begun(func(sig syscall.Signal) { r.watch.signal(ctx, sig) })
	left := make(chan struct{})
	if r.x.OpenStdin {
		// Nobody waits for this: reading may last longer than the command.
		go r.feed(ctx, conn, keys, left)
	}
	return r.stay(ctx, written, left)
}

// feed copies stdin to the command, and closes left when the user detaches.
func (r *command) feed(ctx context.Context, conn *attachment, keys detachKeys, left chan<- struct{}) {
	if awaitForeground(ctx, r.s.In) != nil {
		return
	}
	if r.term != nil {
		_ = r.term.raw()
	}
	if conn.copyInput(r.s.In, keys) {
		close(left)
	}
}

// stay returns when the command has ended and its output is written, or when the
// user detaches.
func (r *command) stay(ctx context.Context, written <-chan error, left <-chan struct{}) (int, error) {
	var broken error // what kept the output from being written
	for {
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-left:
			r.term.restore() // the engine may hang over the watch
			r.watch.leave(ctx)
			r.s.say("detached; the command goes on in container %s", r.c.Name)
			return 0, nil
		case err := <-written:
			if errors.As(err, new(*outputError)) {
				broken = err
				r.hangUp(ctx)
				continue
			}
			code, err := r.verdict(ctx)
			switch {
			case err != nil || broken == nil:
				return code, err
			case errors.Is(broken, syscall.EPIPE):
				return 128 + int(syscall.SIGPIPE), nil
			}
			return 0, &Error{Msg: "cannot write the output", Err: broken}
		}
	}
}

// verdict returns the exit code of a command whose output has ended. The command
// may have closed it and go on.
func (r *command) verdict(ctx context.Context) (int, error) {
	const killed = 128 + int(syscall.SIGKILL)
	for {
		end, err := r.e.api.ContainerExecInspect(ctx, r.id)
		switch {
		case err == nil && end.Running:
			if err := sleep(ctx, inspectPoll); err != nil {
				return 0, err
			}
			continue
		case err == nil && end.ExitCode != killed && !r.refused(ctx, end):
			return end.ExitCode, nil
		case ctx.Err() != nil:
			return 0, ctx.Err()
		case err != nil && connectionLost(err):
			return 0, r.e.lost(err)
		case err != nil && !cerrdefs.IsNotFound(err) && !cerrdefs.IsConflict(err) && r.e.runs(ctx, r.c):
			return 0, &Error{Msg: "cannot learn how the command ended", Err: err}
		}
		// It was killed, alone or with the whole container, which may not have got as
		// far as to be ready. An engine learns of the end of either in any order, and
		// forgets what ran in a container that is gone (podman without a class of error
		// for it), so only a container that still takes commands tells.
		if err != nil || end.ExitCode == killed {
			if r.watch.entered() || r.e.awaitReady(ctx, r.c, r.x) == nil {
				return killed, nil
			}
		}
		return 0, &Error{
			Msg:  fmt.Sprintf("container %s ended before the command started: its set-up failed, or it was stopped", r.c.Name),
			Hint: "whoever started it has seen why; `ctenv start` tries again",
		}
	}
}

// refused says that a command has no exit code of its own, since the container ended
// first. Docker then gives it one, and writes why into its output; there is no process
// of it. (Podman forgets the process of each command that has ended.)
func (r *command) refused(ctx context.Context, end container.ExecInspect) bool {
	return end.ExitCode == cannotStart && end.Pid == 0 && !r.e.podman && r.e.ended(ctx, r.c)
}

// hangUp ends a command whose output nobody reads as the kernel would have: by
// SIGPIPE. One that goes on all the same is killed.
func (r *command) hangUp(ctx context.Context) {
	go func() {
		r.watch.signal(ctx, syscall.SIGPIPE)
		if sleep(ctx, pipeGrace) == nil {
			r.watch.signal(ctx, syscall.SIGKILL)
		}
	}()
}

// awaitReady returns when a container that another ctenv sets up is ready. x is any
// command for it.
func (e *Engine) awaitReady(ctx context.Context, c Staying, x plan.Exec) error {
	err := e.askReady(ctx, c, x)
	if errors.Is(err, errNotRunning) {
		return &Error{
			Msg:  fmt.Sprintf("container %s, which another ctenv was setting up, has ended: its set-up failed, or it was stopped", c.Name),
			Hint: "the other one has said why; `ctenv start` tries again",
		}
	}
	return err
}

func (e *Engine) askReady(ctx context.Context, c Staying, x plan.Exec) error {
	x.Request.Session, x.Request.Env = NewSession(), nil
	x.Request.Command = wire.Command{Kind: wire.CommandReady}
	x.Cmd, x.TTY, x.OpenStdin, x.Detach = x.Cmd[:1], false, false, false
	id, err := e.createExec(ctx, c, x, "")
	if err != nil {
		return err
	}
	conn, err := e.attachExec(ctx, c, id, x)
	if err != nil {
		return err
	}
	defer conn.close()
	stop := context.AfterFunc(ctx, conn.close)
	defer stop()
	var said head
	_ = conn.copyTo(&said, &said)
	end, err := e.api.ContainerExecInspect(ctx, id)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil && end.ExitCode == 0 && !end.Running:
		return nil
	// What is said of one that has ended are the engine's words for that.
	case err == nil && said.Len() > 0 && !e.ended(ctx, c):
		return &Error{Msg: fmt.Sprintf("container %s is not ready", c.Name), Err: errors.New(said.String())}
	case err != nil && connectionLost(err):
		return e.lost(err)
	}
	return c.notRunning()
}

// maxSaid caps what is kept of the reason for not being ready, in bytes.
const maxSaid = 4 << 10

// head keeps the beginning of what is written to it, which a container chooses.
type head struct{ strings.Builder }

func (h *head) Write(b []byte) (int, error) {
	h.Builder.Write(b[:min(len(b), maxSaid-h.Len())])
	return len(b), nil
}
