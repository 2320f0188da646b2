package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"

	"ctenv/internal/cgroup"
	"ctenv/internal/engine"
	"ctenv/internal/engine/conn"
	"ctenv/internal/hint"
	"ctenv/internal/join"
	"ctenv/internal/plan"
	"ctenv/internal/streams"
	"ctenv/internal/tty"
)

// joined is a command in a container that stays, from its request to its end.
type joined struct {
	*life
	en    *Entry
	x     plan.Exec
	c     streams.Carrier
	begun bool        // the command has started
	slow  func() bool // is called when it has, or when nobody waits for that any more
	limit string      // of the memory that ran out
}

// Exec runs a command and returns its exit code. Signals, errors and codes are those of
// Run; sigs are caught from here on. A detached command is only started. again says that the
// container ended before the command started: the caller starts another one.
func (en *Entry) Exec(ctx context.Context, x plan.Exec, s streams.Streams, sigs *tty.Signals, getenv func(string) string) (code int, again bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sigs.Catch(cancel)
	code, err = sigs.Code(en.Join(ctx, x, s, sigs, getenv))
	return code, errors.Is(err, ErrNotRunning), err
}

// Join is Exec for a caller that catches signals already. What is left to say of a container
// that has ended before the command started is ErrNotRunning.
func (en *Entry) Join(ctx context.Context, x plan.Exec, s streams.Streams, sigs *tty.Signals, getenv func(string) string) (int, error) {
	defer en.Close()
	stop := context.AfterFunc(ctx, en.Close)
	defer stop()
	var term *tty.Terminal
	var keys streams.DetachKeys
	if x.TTY && !x.Detach {
		term = tty.New(s.In, s.Out, s.Err)
		defer term.Restore()
		x = x.WithTerminal(term.Size())
		keys = detachKeysOf(conn.NewDockerConfig(getenv), s)
	}
	j := &joined{en: en, x: x, slow: func() bool { return false }}
	j.life = newLife(j, s, sigs, term)
	j.keys, j.size = keys, tty.Size{Rows: x.Request.Rows, Cols: x.Request.Cols}
	if en.local {
		j.c = streams.NewPassed(s, j.failed)
	} else {
		j.c = streams.NewFramed(en.link, s, x.TTY, j.failed)
	}
	defer j.c.Close()
	if err := j.rawForStart(); err != nil {
		return 0, err
	}
	// Another one's set-up may take long: a signal ends the wait for it.
	if en.ready {
		sigs.BeginStart()
		j.slow = sayWhenSlow(sigs, "the container", "the command", term, s)
	}
	defer func() { j.slow() }()
	if err := j.request(); err != nil {
		return 0, j.lost(ctx, err)
	}
	if !en.ready {
		s.Verbosef(WaitingText, en.note.Name)
	}
	ended := make(chan engine.Outcome, 1)
	go func() { ended <- j.read(ctx) }()
	return j.stay(ctx, ended)
}

// WaitingText is said of a container that is not ready, by its name.
const WaitingText = "container %s is still being set up; waiting for it"

// request asks for the command, with its streams.
func (j *joined) request() error {
	req := execRequest(j.x)
	var files []*os.File
	var err error
	if !j.x.TTY && !j.x.Detach {
		if req.Streams, files, err = j.c.Prepare(j.x.OpenStdin); err != nil {
			return err
		}
	}
	if err = j.en.Send(req, files...); err == nil {
		j.c.Begin()
	}
	return err
}

// read does what the frames of the link say, to the command's end, which it returns.
func (j *joined) read(ctx context.Context) engine.Outcome {
	for {
		f, err := j.en.link.Receive()
		if err != nil {
			return engine.Outcome{Err: j.lost(ctx, err)}
		}
		if end := j.frame(ctx, f); end != nil {
			return *end
		}
	}
}

// frame does what a frame says, and returns the command's end where it is the last.
func (j *joined) frame(ctx context.Context, f join.Frame) *engine.Outcome {
	switch f.Kind {
	case join.KindTerminal:
		var master *os.File
		if len(f.Files) == 1 {
			master = f.Files[0]
		}
		if err := j.c.Terminal(master); err != nil {
			return &engine.Outcome{Err: &engine.Error{Msg: "joining the container", Err: err}}
		}
	case join.KindBegun:
		if j.begun {
			break // said twice, it would be two readers of one terminal
		}
		j.begun = true
		j.slow()
		if j.x.Detach {
			return j.alone(ctx)
		}
		j.begin(ctx, j.x.OpenStdin)
	case join.KindEnd:
		if j.begun && j.x.Detach {
			j.sigs.PrepareNext() // which cancels
			return &engine.Outcome{Err: ctx.Err()}
		}
		var end join.End
		if err := join.Decode(f.Payload, &end); err != nil {
			return &engine.Outcome{Err: j.lost(ctx, err)}
		}
		code, err := j.end(end)
		j.limit = cgroup.Size(end.Memory)
		return &engine.Outcome{Code: code, Err: err, OutOfMemory: end.OutOfMemory}
	default:
		if err := j.c.Take(f); err != nil {
			f.Close()
			return &engine.Outcome{Err: j.lost(ctx, err)}
		}
	}
	return nil
}

// alone leaves a detached command that has started. Where a signal has come meanwhile it is ended
// by that, and waited for: it would go on although the caller has been told of no start. A signal
// that asks for no end is passed on.
func (j *joined) alone(ctx context.Context) *engine.Outcome {
	sig, kept := j.sigs.Kept()
	if kept && tty.EndsProcess(sig) {
		j.endBy(ctx, sig)
		return nil
	}
	if kept {
		j.signal(ctx, sig)
		_ = j.en.link.Send(join.KindLeave, nil)
	}
	return &engine.Outcome{}
}

func (j *joined) signal(_ context.Context, sig syscall.Signal) {
	kind := join.KindSignal
	if (j.term == nil || sig == syscall.SIGHUP) && j.sigs.OfTerminal(sig) {
		kind = join.KindGroup
	}
	if err := j.en.link.Send(kind, []byte{byte(sig)}); err != nil {
		j.s.Verbosef("signal %s did not reach the command: %v", sig, err)
	}
}

func (j *joined) resize(_ context.Context, rows, cols uint16) error { return j.c.Resize(rows, cols) }

func (j *joined) input(in *os.File, keys streams.DetachKeys) (detached bool) {
	return j.c.Input(in, keys)
}

func (j *joined) leave() string {
	_ = j.en.link.Send(join.KindLeave, nil)
	return "the command goes on in container " + j.en.note.Name
}

func (j *joined) finish(ctx context.Context, end engine.Outcome) (int, error) {
	if err := j.c.Finish(ctx); err != nil { // of a command whose container was killed, too
		return 0, err
	}
	if end.OutOfMemory {
		if j.term != nil {
			j.term.Restore()
		}
		j.s.Warnf("%s", cgroup.OutOfMemory(j.limit))
	}
	return end.Code, end.Err
}

// end is what a command ended with.
func (j *joined) end(end join.End) (int, error) {
	switch {
	case end.Failed && end.Code == 0 && !j.en.late:
		return 0, &engine.Error{Msg: fmt.Sprintf("container %s has ended", j.en.note.Name), Err: ErrNotRunning}
	case end.Failed:
		return 0, j.notReady()
	case end.Error != "" && !j.begun && j.x.Detach && end.Code != 125:
		return 0, &hint.Error{Err: &engine.Error{Msg: end.Error}, Code: end.Code}
	case end.Error != "":
		return 0, &engine.Error{Msg: end.Error}
	}
	return end.Code, nil
}

// notReady is what is left to say of a set-up that has failed for those who waited, or of a
// container that was stopped.
func (j *joined) notReady() error {
	if j.en.late && j.en.ready {
		return ErrUnanswered
	}
	return &engine.Error{
		Msg:  fmt.Sprintf("container %s ended before the command started: its set-up failed, or it was stopped", j.en.note.Name),
		Hint: "whoever started it has seen why; `ctenv start` tries again",
	}
}

// lost is what there is to say when the link ends before the command.
func (j *joined) lost(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	j.s.Verbosef("container %s: %v", j.en.note.Name, err)
	if !j.begun {
		return j.notReady()
	}
	return &engine.Error{
		Msg:  fmt.Sprintf("container %s ended before the command did", j.en.note.Name),
		Hint: "it was killed, or the engine has ended or restarted; the next `ctenv exec` starts it again",
	}
}
