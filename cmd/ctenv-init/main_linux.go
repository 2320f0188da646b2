// Command ctenv-init is a container's entrypoint: it makes the container the
// caller's, as root, and then becomes the command, as the caller. ctenv mounts
// it into the container and puts a request into its environment.
package main

import (
	"errors"
	"fmt"
	"os"

	"ctenv/internal/setup"
	"ctenv/internal/wire"
)

func main() {
	msg := setup.Messages{Out: os.Stderr}
	req, env, err := wire.Decode(os.Environ())
	switch {
	case errors.Is(err, wire.ErrNoRequest):
		// Without a request, so no user's command can be a helper.
		if status, ok := setup.Helper(os.Args, os.Environ()); ok {
			os.Exit(status)
		}
		err = fmt.Errorf("%w: ctenv starts this program in a container, it is not for use by hand", err)
	case err == nil:
		err = setup.New(req, os.Args[1:], env, os.Stderr).Run()
	}
	if err == nil {
		return
	}
	_, stopped := errors.AsType[*setup.SignalError](err)
	_, reported := errors.AsType[*setup.ReportedError](err)
	if !stopped && !reported {
		msg.Error(err)
	}
	os.Exit(setup.ExitCode(err))
}
