package persist

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"

	"ctenv/internal/engine"
	"ctenv/internal/engine/derive"
	"ctenv/internal/engine/process"
	"ctenv/internal/handover"
	"ctenv/internal/join"
	"ctenv/internal/plan"
	"ctenv/internal/streams"
	"ctenv/internal/tty"
	"ctenv/internal/wire"
)

// setup is a container that has been made and is not ready yet.
type setup struct {
	e      *engine.Engine
	box    *process.Box
	c      Container
	s      streams.Streams
	socket *ownSocket
	early  *streams.Head // what is said before anybody can join: an error
	hello  string        // but for ctenv-init's word
	// joined is closed once what the set-up says is written as it is said.
	joined chan struct{}
}

// startNew makes and starts a container and stays with it until it is ready or has
// ended. What the set-up says goes to s.Err.
func startNew(ctx context.Context, e *engine.Engine, p plan.Plan, s streams.Streams, sigs *tty.Signals) (c Container, code int, err error) {
	p.Relocate(handover.NewWord())
	socket, launched := prepareJoin(e, p, s)
	defer func() { socket.close(err == nil && code == 0) }()
	if err := e.Check(launched); err != nil {
		return c, 0, err
	}
	box := process.NewBox(e, p, process.Launch{Plan: launched, Handover: socket.handover}, s, sigs)
	code, err = box.Do(ctx, func(ctx context.Context) (int, error) {
		c = Container{ID: box.ID, Name: box.Name, State: container.StateRunning, Labels: launched.Labels, program: p.Request.InitPath()}
		st := &setup{e: e, box: box, c: c, s: s, socket: socket, early: &streams.Head{}, hello: wire.HelloText(socket.word), joined: make(chan struct{})}
		return st.await(ctx)
	})
	code, err = derive.Reported(code, err)
	return c, code, err
}

// await starts the container and returns when its set-up is over.
func (st *setup) await(ctx context.Context) (code int, err error) {
	watch, err := st.box.Watch(ctx, st.early)
	if err != nil {
		return 0, err
	}
	defer watch.Close()
	if err := st.box.Start(ctx); err != nil {
		return 0, err
	}
	defer st.box.PassSignals(ctx)()
	result := make(chan engine.Outcome, 1)
	go func() { result <- st.follow(ctx) }()
	var end engine.Outcome
	select {
	case end = <-result:
	case last := <-watch.Ended:
		// Its last words may be on their way.
		select {
		case end = <-result:
		case <-time.After(engine.LostGrace):
			end.Err = process.ErrNotRunning
		}
		if end.Err != nil {
			return st.endedEarly(ctx, last, watch.Said)
		}
	case <-ctx.Done():
	}
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	if end.Err == nil {
		return end.Code, nil
	}
	grace := engine.LostGrace
	if errors.Is(end.Err, process.ErrNotRunning) {
		last, over, err := st.e.EndOf(ctx, st.c.ID, watch.Ended)
		if err != nil {
			return 0, err
		}
		if over {
			return st.endedEarly(ctx, last, watch.Said)
		}
		grace = engine.RemoveGrace // how it has ended is known once it is removed
	}
	select {
	case last := <-watch.Ended:
		return st.endedEarly(ctx, last, watch.Said)
	case <-time.After(grace):
		return 0, end.Err
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// endedEarly tells of a container that has ended before its set-up had. said is closed
// when all that it has said is there.
func (st *setup) endedEarly(ctx context.Context, end engine.Outcome, said <-chan struct{}) (int, error) {
	if err := st.box.Verdict(ctx, end); err != nil {
		return 0, err
	}
	written := false
	select {
	case <-st.joined:
		written = true
	case <-said:
	case <-time.After(engine.LostGrace): // the stream stays open: there is what there is
	}
	if !written {
		text, ran := strings.CutPrefix(st.early.String(), st.hello)
		if ran = ran || st.socket.taken(); !ran && process.Unstarted(end.Code) {
			return 0, process.NeverRan(st.box.Plan().InitSource(), text, end.Code)
		}
		_, _ = io.WriteString(st.s.Err, text)
	}
	if end.Code == 0 {
		end.Code = 125 // it ended, so it is not ready
	}
	return end.Code, nil
}

// follow joins the container to write what its set-up says, and returns how that ended.
func (st *setup) follow(ctx context.Context) engine.Outcome {
	if st.socket.handover != nil {
		st.socket.handover.Expire(handover.Grace)
		if !st.socket.taken() {
			st.s.Verbosef("commands join by the engine")
			st.socket.close(false)
		}
	}
	en, err := open(ctx, st.e, st.c, st.s)
	if err != nil {
		return engine.Outcome{Err: err}
	}
	close(st.joined)
	defer en.Close()
	stop := context.AfterFunc(ctx, en.Close)
	defer stop()
	return st.read(en)
}

// read is what a set-up says and ends with, as en tells.
func (st *setup) read(en *process.Entry) (end engine.Outcome) {
	var files []*os.File
	copied := make(chan struct{})
	if en.Local() {
		from, to, err := os.Pipe()
		if err != nil {
			return engine.Outcome{Err: err}
		}
		files = append(files, to)
		go func() {
			defer close(copied)
			defer from.Close()
			_, _ = io.Copy(streams.Lossy{Writer: st.s.Err}, from)
		}()
	} else {
		close(copied)
	}
	err := en.Send(join.Request{Op: join.OpSetup, Streams: []int{2}}, files...)
	for err == nil {
		var f join.Frame
		if f, err = en.Receive(); err != nil {
			break
		}
		f.Close()
		switch f.Kind {
		case join.KindErr:
			_, _ = st.s.Err.Write(f.Payload)
		case join.KindEnd:
			var last join.End
			if err := join.Decode(f.Payload, &last); err != nil {
				return engine.Outcome{Err: err}
			}
			<-copied
			if last.Error != "" {
				return engine.Outcome{Err: &engine.Error{Msg: fmt.Sprintf("container %s: %s", st.c.Name, last.Error)}}
			}
			return engine.Outcome{Code: last.Code}
		}
	}
	// It was killed, and its last words are in the pipe, which something of it may still hold.
	select {
	case <-copied:
	case <-time.After(engine.LostGrace):
	}
	return engine.Outcome{Err: err}
}
