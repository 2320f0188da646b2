package process

import (
	"context"
	"fmt"
	"io"
	"syscall"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"

	"ctenv/internal/engine"
	"ctenv/internal/engine/conn"
	"ctenv/internal/plan"
	"ctenv/internal/tty"
	"ctenv/internal/wire"
)

// resumeGrace is how long a command may take to end by a signal or a key before what is
// stopped in its terminal is looked for.
const resumeGrace = 200 * time.Millisecond

// sendGrace is how long the engine and ctenv-init may take to start it and to send a signal.
var sendGrace = 5 * time.Second

// signal sends sig to the container. One of the caller's terminal, where the container has
// none, goes to all that the terminal would have sent it to. A command that is stopped in its
// terminal hears of one that is to end it when it continues, so it is continued, as the kernel
// does at a hang-up.
func (r *Box) signal(ctx context.Context, sig syscall.Signal) {
	if (r.term == nil || sig == syscall.SIGHUP) && r.sigs.OfTerminal(sig) {
		r.signalAsTerminal(ctx, int(sig)) // that many on every system: 1, 2 or 3
	} else {
		r.e.Kill(ctx, r.ID, sig, r.s)
	}
	if tty.EndsProcess(sig) {
		r.resume()
	}
}

// resume has what is stopped in the container's terminal go on soon.
func (r *Box) resume() {
	select {
	case r.resumes <- struct{}{}:
	default: // it is about to, or there is no terminal
	}
}

// resumeStopped does so whenever it is asked for, until ctx ends. In a terminal Ctrl-Z stops
// a whole group of processes, as the engine's init is a parent in the same session
// (setpgid(2), orphaned groups).
func (r *Box) resumeStopped(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.resumes:
		}
		if engine.Sleep(ctx, resumeGrace) != nil {
			return
		}
		r.signalAsTerminal(ctx, wire.SignalContinue)
	}
}

// signalAsTerminal has ctenv-init send a signal, by Linux's number, inside: the engine's init
// passes one on to its child alone, and one that waits for another, as make and shells do,
// would wait for ever. Where ctenv-init cannot, the init has to do: in a paused container, which
// starts nothing, it gets the signal when it goes on.
func (r *Box) signalAsTerminal(ctx context.Context, number int) {
	err := r.sendInside(ctx, number)
	if err == nil || ctx.Err() != nil || cerrdefs.IsNotFound(err) { // it has gone
		return
	}
	r.s.Verbosef("signal %d goes to the container's first process alone: %s", number, conn.CauseText(err))
	r.e.Kill(ctx, r.ID, syscall.Signal(number), r.s)
}

// sendInside returns when ctenv-init has sent it. The next signal waits for this one, so that
// it is an error where ctenv-init has not started in sendGrace, and counts as sent where it has.
func (r *Box) sendInside(ctx context.Context, number int) error {
	ctx, cancel := context.WithTimeout(ctx, sendGrace)
	defer cancel()
	request, err := wire.Encode(plan.Signalling(r.p.Request.User.UID, number))
	if err != nil {
		return err
	}
	made, err := r.e.API.ContainerExecCreate(ctx, r.ID, container.ExecOptions{
		User: "0:0", WorkingDir: "/", Env: request, Cmd: []string{r.p.Request.InitPath()}, AttachStdout: true, AttachStderr: true,
	})
	if err != nil {
		return err
	}
	// Attached, as podman before 4.6 says of a detached one for five minutes that it runs.
	attached, err := r.e.API.ContainerExecAttach(ctx, made.ID, container.ExecAttachOptions{})
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, attached.Close)()
	_, _ = io.Copy(io.Discard, attached.Reader)
	attached.Close()
	state, err := r.e.API.ContainerExecInspect(ctx, made.ID)
	if err == nil && !state.Running && state.ExitCode != 0 {
		return fmt.Errorf("ctenv-init ended with %d", state.ExitCode)
	}
	return nil // also where the container has ended by it
}
