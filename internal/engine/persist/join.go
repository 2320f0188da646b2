package persist

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"ctenv/internal/engine"
	"ctenv/internal/engine/process"
	"ctenv/internal/join"
	"ctenv/internal/plan"
	"ctenv/internal/streams"
)

// Knock connects to the container that stays that key names, as Options.Key has it,
// without an engine. It returns nil where that is not to be had; an error is process.ErrUnanswered.
func Knock(ctx context.Context, dirs []string, key string, s streams.Streams) (*process.Entry, error) {
	for _, path := range dirs {
		link, err := dial(path, key)
		if err != nil {
			if !errors.Is(err, fs.ErrNotExist) {
				s.Verbosef("the engine is asked: %v", err)
			}
			continue
		}
		en, err := process.Enter(ctx, link, true, s)
		if err == nil || errors.Is(err, process.ErrUnanswered) {
			return en, err
		}
		s.Verbosef("the engine is asked: %v", err)
	}
	return nil, nil
}

// dial connects to a socket in the directory at path.
func dial(path, name string) (join.Link, error) {
	dir, err := join.OpenDir(path, false)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	return dir.Dial(name)
}

// errNoAnswer is a container that is paused, or in which ctenv-init is stopped.
var errNoAnswer = fmt.Errorf("it has not answered in %v", commandsWait)

// open finds the way into a container that is known by the engine. That there is
// none, since the container has ended, is process.ErrNotRunning.
func open(ctx context.Context, e *engine.Engine, c Container, s streams.Streams) (*process.Entry, error) {
	name := c.socket()
	for _, path := range e.SocketDirs() {
		link, err := dial(path, name)
		if err != nil {
			continue
		}
		en, err := process.Enter(ctx, link, true, s)
		switch {
		case err == nil:
			remember(e, path, name, c.key(), s)
			return en, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.Is(err, process.ErrUnanswered):
			return nil, err
		}
	}
	return openRelay(ctx, e, c, s)
}

// remember has the socket be found by key next time, without an engine.
func remember(e *engine.Engine, path, name string, key plan.StayKey, s streams.Streams) {
	dir, err := join.OpenDir(path, false)
	if err != nil {
		return
	}
	defer dir.Close()
	if err := dir.Alias(name, e.Key(key)); err != nil {
		s.Verbosef("the next command asks the engine: %v", err)
	}
}

// forget removes the socket of a container that has ended.
func forget(e *engine.Engine, c Container) {
	for _, path := range e.SocketDirs() {
		if dir, err := join.OpenDir(path, false); err == nil {
			dir.Remove(c.socket())
			dir.Close()
		}
	}
}

// commandsWait is how long a container is asked which commands run: what is told beside
// that must not wait for one that does not answer.
const commandsWait = 5 * time.Second

// Commands are those that run in a container.
func Commands(ctx context.Context, e *engine.Engine, c Container, s streams.Streams) ([]join.Command, error) {
	return askStatus(ctx, e, c, join.Request{Op: join.OpStatus}, s)
}

// GiveTime has a container that stays give its commands so many seconds to end in when
// it is stopped, where it would give them less.
func GiveTime(ctx context.Context, e *engine.Engine, c Container, seconds int, s streams.Streams) error {
	_, err := askStatus(ctx, e, c, join.Request{Op: join.OpGrace, Grace: seconds}, s)
	return err
}

func askStatus(ctx context.Context, e *engine.Engine, c Container, req join.Request, s streams.Streams) ([]join.Command, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, commandsWait, errNoAnswer)
	defer cancel()
	en, err := open(ctx, e, c, s)
	if err != nil {
		return nil, cmp.Or(context.Cause(ctx), err)
	}
	defer en.Close()
	f, err := en.Ask(ctx, req, join.KindAnswer)
	if err != nil {
		return nil, cmp.Or(context.Cause(ctx), err)
	}
	var st join.Status
	err = join.Decode(f.Payload, &st)
	return st.Commands, err
}
