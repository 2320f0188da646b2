//go:build linux

package setup

import (
	"errors"
	"time"

	"ctenv/internal/hint"
	"ctenv/internal/mounts"
)

// step is a part of the set-up. It says what it did, for -v.
type step struct {
	name string
	run  func() (did string, err error)
}

// asRoot are the steps that make the container the user's.
func (in *Init) asRoot() []step {
	in.loginShell = in.findLoginShell()
	return []step{
		{"root directory", in.rootDirectory},
		{"timeout", in.timeout},
		{"mounts", func() (string, error) { return mounts.Check(&in.req, in.points()) }},
		{"ulimits", in.limits},
		{"account", in.account},
		{"home", in.home},
		{"worktrees", in.worktrees},
		{"environment", in.environment},
		{"ca_certificates", in.certificates},
		{"workdir", in.workdir},
		{"volumes", in.volumeRoots},
		// What the post-start commands may count on.
		{"packages", in.packages},
		{"image_commands", in.imageCommands},
		// The volumes' contents come after the post-start commands, which make
		// directories in them, and sudo too, because they may set up a proxy.
		{"post_start_commands", in.postStart},
		{"sudo", in.sudo},
		{"root directory", in.rootDirectory}, // again, after the commands
		{"chown", in.volumeContents},
	}
}

// steps does the steps in their order and then the last thing.
func (in *Init) steps(steps []step, last func() error) error {
	for _, step := range steps {
		start := time.Now()
		stop := in.meter(step.name)
		did, err := step.run()
		stop()
		if _, reported := errors.AsType[hint.Status](err); reported {
			return err
		}
		if err != nil {
			return &stepError{step.name, err}
		}
		if did != "" {
			in.msg.Detail("%s: %s (%v)", step.name, did, time.Since(start).Round(10*time.Microsecond))
		}
	}
	return last()
}
