//go:build linux

package setup

import (
	"errors"
	"io"
	"os"
	"time"

	"ctenv/internal/wire"
)

// Init is one run of ctenv-init, from its request to the command.
type Init struct {
	req  wire.Request
	args []string // the command, where the request leaves it to the arguments
	msg  Messages

	root       *rootfs
	env        Environ
	self       string   // path of this program, for shells to call
	loginShell string   // for SHELL and passwd(5)
	volumes    []volume // the flagged volumes that can change owner
}

// New prepares a run. args is the command of kind argv, env the environment
// without the request, stderr where messages go.
func New(req wire.Request, args, env []string, stderr io.Writer) *Init {
	return &Init{
		req: req, args: args, env: env, self: ownPath(),
		msg: Messages{Out: stderr, Verbosity: req.Verbosity, Live: req.Live},
	}
}

// ownPath is where this program is. Without /proc nobody can tell.
func ownPath() string {
	if self, err := os.Executable(); err == nil {
		return self
	}
	return wire.InitPath
}

// Run does what the request is for. A run does the steps in their order and becomes
// the command, so it only returns an error: of a step, a *StepError; of the command,
// a *CommandError; and a *SignalError where a signal ended one of them. A container
// that stays does the steps and pauses; its commands join it.
func (in *Init) Run() error {
	// First, so that no command of anybody's finds what the engine left open.
	closeOthers()
	in.takeStreams()
	root, err := openRoot("/")
	if err != nil {
		return err
	}
	in.root = root
	switch {
	case in.req.Command.Kind == wire.CommandWatch:
		return in.watch(os.Stdin, os.Stdout)
	case in.req.Session != "":
		return in.enter()
	}
	if in.req.EngineAccounts {
		root.adopt(in.req.Mounts, "/etc/passwd", "/etc/group")
	}
	in.env = in.baseEnviron()
	switch in.req.Command.Kind {
	case wire.CommandSetup:
		return in.steps([]step{{"privileges", in.drop}, {"setup_commands", in.setupCommands}}, in.reportSetup)
	case wire.CommandPause:
		return in.steps(append(in.asRoot(), step{"setup_commands", in.userSetup}, step{"ready", in.publish}), in.pause)
	}
	in.sizeTerminal()
	return in.steps(append(in.asRoot(), step{"privileges", in.drop}, step{"setup_commands", in.setupCommands}), in.become)
}

// enter runs a command in a container that is set up.
func (in *Init) enter() error {
	in.sizeTerminal()
	join := step{"session", in.join}
	if in.req.Command.Kind == wire.CommandReady {
		return in.steps([]step{join}, func() error { return nil })
	}
	return in.steps([]step{{"ulimits", in.limits}, join, {"workdir", in.workdir}, {"privileges", in.drop}}, in.become)
}

// step is a part of the set-up. It says what it did, for -v.
type step struct {
	name string
	run  func() (did string, err error)
}

// asRoot are the steps that make the container the user's.
func (in *Init) asRoot() []step {
	in.loginShell = findLoginShell(in.env.Get("PATH"))
	return []step{
		{"ulimits", in.limits},
		{"account", in.account},
		{"home", in.home},
		{"environment", in.environment},
		{"workdir", in.workdir},
		{"volumes", in.volumeRoots},
		// The volumes' contents come after the post-start commands, which make
		// folders in them, and sudo too, because they may set up a proxy.
		{"post_start_commands", in.postStart},
		{"sudo", in.sudo},
		{"chown", in.volumeContents},
	}
}

// steps does the steps in their order and then the last thing.
func (in *Init) steps(steps []step, last func() error) error {
	for _, step := range steps {
		start := time.Now()
		did, err := step.run()
		if _, reported := errors.AsType[*ReportedError](err); reported {
			return err
		}
		if err != nil {
			return &StepError{step.name, err}
		}
		if did != "" {
			in.msg.Detail("%s: %s (%v)", step.name, did, time.Since(start).Round(10*time.Microsecond))
		}
	}
	return last()
}
