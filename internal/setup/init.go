//go:build linux

package setup

import (
	"errors"
	"io"
	"os"
	"sync"

	"golang.org/x/sys/unix"

	"ctenv/internal/child"
	"ctenv/internal/environ"
	"ctenv/internal/message"
	"ctenv/internal/mounts"
	"ctenv/internal/relay"
	"ctenv/internal/saferoot"
	"ctenv/internal/wire"
)

// Init is one run of ctenv-init, from its request to the command.
type Init struct {
	req  wire.Request
	args []string // the command, where the request leaves it to the arguments
	msg  message.Writer

	root         *saferoot.Root
	imageVolumes []wire.Text // where the image declares volumes
	env          environ.Vars
	self         string // path of this program, for shells to call
	again        string // what this process starts as itself
	loginShell   string // for SHELL and passwd(5)
	// points are what the targets of the caller's mounts led to when they were first asked for.
	points     func() mounts.Points
	volumes    []volume     // the flagged volumes that can change owner
	dropped    bool         // this process is the user's
	derives    bool         // nothing of the host is mounted: an image is to be made of this container
	textLimits []wire.Limit // that shell text has set
	umask      int          // the user's
	textUmask  bool         // shell text has set it
	listener   *os.File     // the socket to serve, nil without one
}

// New prepares a run. args is the command of kind argv, env the environment
// without the request, stderr where messages go.
func New(req wire.Request, args, env []string, stderr io.Writer) *Init {
	self := ownPath(req.InitPath())
	return &Init{
		req: req, args: args, env: env, self: self, again: childPath(self),
		msg: message.Writer{Out: stderr, Verbosity: req.Verbosity, Live: req.Live},
	}
}

// Run does what the request is for. A run does the steps in their order and becomes
// the command, so it only returns an error: of a step, a *stepError; of the command,
// a *hint.Error; and a *child.SignalError where a signal ended one of them. A
// container that stays does the steps and serves; its commands are children that join it.
func (in *Init) Run() error {
	// First, so that no command of anybody's finds what the engine left open.
	closeOthers()
	if in.req.Mode == wire.ModeRelay {
		if err := relay.Run(in.req.Serve); err != nil {
			return &stepError{"relay", err}
		}
		return nil
	}
	if in.req.Mode == wire.ModeSignal {
		if err := signalAsTerminal(in.req.User.UID, unix.Signal(in.req.Signal)); err != nil {
			return &stepError{"signal", err}
		}
		return nil
	}
	health := in.req.Health != "" && len(in.args) > 0
	if !health {
		in.takeStreams()
	}
	if err := in.startUmask(); err != nil {
		return err
	}
	root, err := saferoot.OpenRoot("/")
	if err != nil {
		return err
	}
	in.points = sync.OnceValue(func() mounts.Points { return mounts.Look(&in.req) })
	in.root, root.RootGroup, root.Callers = root, in.inRootGroup, func() []uint64 { return in.points().IDs() }
	if in.req.EngineAccounts { // for the groups that they tell of, by whatever way a command comes
		root.Adopt("/etc/passwd", "/etc/group")
	}
	if health {
		return in.checkHealth()
	}
	if !in.req.OtherVolumes {
		in.imageVolumes = mounts.AdoptVolumes(root)
	}
	if in.req.Mode == wire.ModeJoin {
		return in.joined()
	}
	in.env = in.baseEnviron()
	switch in.req.Mode {
	case wire.ModeSetup:
		in.textLimits = in.req.Limits
		err := in.steps([]step{{"privileges", in.drop}, {"setup_commands", in.setupCommands}}, in.reportSetup)
		if stop, ok := errors.AsType[*child.SignalError](err); ok {
			return stop // said by the parent alone, which knows what signal it was at first
		}
		return err
	case wire.ModeServe:
		return in.serve()
	}
	in.sizeTerminal()
	return in.steps(append(in.asRoot(), step{"privileges", in.drop}, step{"setup_commands", in.setupCommands}), in.become)
}
