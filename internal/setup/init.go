//go:build linux

package setup

import (
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

// Run does the steps in their order and becomes the command, so it only returns
// an error: of a step, a *StepError; of the command, a *CommandError; and a
// *SignalError where a signal ended one of them.
func (in *Init) Run() error {
	// First, so that no command of anybody's finds what the engine left open.
	closeOthers()
	root, err := openRoot("/")
	if err != nil {
		return err
	}
	in.root = root
	in.sizeTerminal()
	in.env = in.baseEnviron()
	in.loginShell = findLoginShell(in.env.Get("PATH"))
	for _, step := range []struct {
		name string
		run  func() (did string, err error)
	}{
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
		{"privileges", in.drop},
		{"setup_commands", in.setupCommands},
	} {
		start := time.Now()
		did, err := step.run()
		if err != nil {
			return &StepError{step.name, err}
		}
		if did != "" {
			in.msg.Detail("%s: %s (%v)", step.name, did, time.Since(start).Round(10*time.Microsecond))
		}
	}
	return in.become()
}
