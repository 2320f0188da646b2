package persist

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"

	"ctenv/internal/engine"
	"ctenv/internal/handover"
	"ctenv/internal/join"
	"ctenv/internal/plan"
	"ctenv/internal/streams"
	"ctenv/internal/wire"
)

// ownSocket is the socket of a container that is being made.
type ownSocket struct {
	word       string             // the container's
	path, name string             // its directory, "" without one, and its name there
	handover   *handover.Handover // nil where nobody can fetch it
}

// prepareJoin has p's container be joined: by a word, and where that is to be had by a
// socket that is made here. It returns p with both.
func prepareJoin(e *engine.Engine, p plan.Plan, s streams.Streams) (*ownSocket, plan.Plan) {
	word := handover.NewWord()
	o := &ownSocket{word: word, name: (&wire.Serve{Word: word}).File()}
	p = p.Serving(o.word)
	parent := handover.Parent(p.SocketDir)
	if parent == "" {
		return o, p
	}
	listener, path, err := listen(e.SocketDirs(), o.name)
	if err == nil {
		o.path = path
		o.handover, err = handover.Offer(parent, []byte{wire.StreamsListener}, []int{listener})
	}
	if err != nil {
		s.Verbosef("commands join by the engine: %v", err)
		o.close(false)
		return o, p
	}
	return o, p.WithStreams(o.handover.Ask, o.handover.Socket())
}

// listen makes a socket in the first of the directories that can be had.
func listen(dirs []string, name string) (fd int, path string, err error) {
	err = errors.New("there is no directory for sockets")
	for _, path := range dirs {
		var dir *join.Dir
		if dir, err = join.OpenDir(path, true); err != nil {
			continue
		}
		defer dir.Close()
		dir.Sweep()
		var listener *os.File
		if listener, err = dir.Listen(name); err == nil {
			defer listener.Close()
			fd, err = unix.FcntlInt(listener.Fd(), unix.F_DUPFD_CLOEXEC, 0)
			return fd, path, err
		}
	}
	return -1, "", err
}

// close gives the socket up, unless the container has it.
func (o *ownSocket) close(keep bool) {
	if o.handover != nil {
		o.handover.Close()
		keep = keep && o.handover.IsUsed()
	}
	if keep || o.path == "" {
		return
	}
	if dir, err := join.OpenDir(o.path, false); err == nil {
		dir.Remove(o.name)
		dir.Close()
	}
	o.path = ""
}

// taken waits until it is settled whether the container has the socket.
func (o *ownSocket) taken() bool { return o.handover != nil && o.handover.IsUsed() }
