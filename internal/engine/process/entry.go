package process

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"ctenv/internal/engine"
	"ctenv/internal/join"
	"ctenv/internal/plan"
	"ctenv/internal/streams"
	"ctenv/internal/wire"
)

// Entry is the way into a container that stays: a socket of its own or, behind the
// engine's exec, a relay.
type Entry struct {
	link  join.Link
	local bool // descriptors travel
	ready bool // its set-up is over
	late  bool // it has answered after the caller was told that it does not
	note  plan.Note
}

// Note is what the container says of itself.
func (en *Entry) Note() plan.Note { return en.note }

// Ready says that its set-up is over.
func (en *Entry) Ready() bool { return en.ready }

// Close gives the entry up. What was asked for by it ends.
func (en *Entry) Close() { _ = en.link.Close() }

// ErrOtherVersion is a container of another version of ctenv.
var ErrOtherVersion = errors.New("another version of ctenv")

// ErrNotRunning says that a container ended before a command got into it.
var ErrNotRunning = errors.New("the container does not run")

// ErrUnanswered says that a container has ended after the caller was told that it does not
// answer. Somebody has ended it who knew that it was there: unlike one that ends as it is
// found, it is not made anew.
var ErrUnanswered = &engine.Error{
	Msg:  "the container was stopped, or has ended, before it answered",
	Hint: "the next `ctenv exec` starts it again",
}

// Enter reads the greeting, which a container that is stopped or frozen never sends. It
// closes the link where it returns an error.
func Enter(ctx context.Context, link join.Link, local bool, s streams.Streams) (_ *Entry, err error) {
	stop := context.AfterFunc(ctx, func() { _ = link.Close() })
	slow := time.AfterFunc(slowStart, func() {
		s.Sayf("the container has not answered in %v: is it paused? Ctrl-C gives up", slowStart)
	})
	defer func() {
		stop()
		if err != nil {
			link.Close()
		}
	}()
	f, err := link.Receive()
	late := !slow.Stop()
	if err != nil {
		if late && ctx.Err() == nil {
			err = ErrUnanswered
		}
		return nil, err
	}
	defer f.Close()
	if f.Kind != join.KindHello {
		return nil, fmt.Errorf("a frame of kind %q is no greeting", f.Kind)
	}
	hello, err := join.DecodeHello(f.Payload)
	if err != nil {
		return nil, err
	}
	if !hello.Fits() {
		return nil, ErrOtherVersion
	}
	en := &Entry{link: link, local: local, ready: hello.Ready, late: late}
	if err := json.Unmarshal([]byte(hello.Note), &en.note); err != nil {
		return nil, fmt.Errorf("what the container has noted: %w", err)
	}
	return en, nil
}

// Local says that descriptors travel.
func (en *Entry) Local() bool { return en.local }

// Send makes a request, with files, which it closes.
func (en *Entry) Send(req join.Request, files ...*os.File) error {
	payload, err := join.Encode(req)
	if err == nil {
		err = en.link.Send(join.KindRequest, payload, files...)
	}
	for _, f := range files {
		f.Close()
	}
	return err
}

// Receive is the next that the container says.
func (en *Entry) Receive() (join.Frame, error) { return en.link.Receive() }

// Ask makes a request and returns the first answer of that kind.
func (en *Entry) Ask(ctx context.Context, req join.Request, kind join.Kind) (join.Frame, error) {
	stop := context.AfterFunc(ctx, en.Close)
	defer stop()
	err := en.Send(req)
	for err == nil {
		var f join.Frame
		if f, err = en.link.Receive(); err == nil {
			f.Close()
			if f.Kind == kind {
				return f, nil
			}
		}
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return join.Frame{}, err
}

// execRequest is a command as a request.
func execRequest(x plan.Exec) join.Request {
	r := x.Request
	r.Version = wire.Version
	return join.Request{Op: join.OpExec, Exec: &r, Args: wire.Texts(x.Args), Env: wire.Texts(x.Env), TTY: x.TTY, Detach: x.Detach}
}
