package setup

import (
	"io"
	"os"
	"testing"

	"ctenv/internal/scratchroot"
	"ctenv/internal/shell"
	"ctenv/internal/shellcall"
	"ctenv/internal/wire"
)

// The test binary is also the program that shells call at their end, ctenv-init
// in a container that is no more than a directory, and the command that runs there.
func TestMain(m *testing.M) {
	switch {
	case len(os.Args) == 2 && os.Args[1] == "probe":
		probe()
		os.Exit(0)
	case os.Getenv(wire.EnvName) != "":
		req, args, env, err := Request(os.Args[1:], os.Environ())
		if err == nil {
			err = New(req, args, env, os.Stderr).Run()
		}
		if err == nil || err == io.EOF {
			os.Exit(0)
		}
		Report(err)
		os.Exit(ExitCode(err))
	}
	// The shell is part of this program; in ctenv-init it is embedded.
	if len(os.Args) > 1 && (os.Args[1] == shellcall.Shell || os.Args[1] == shellcall.Commands) {
		os.Exit(shell.Main(os.Args, os.Environ()))
	}
	if status, ok := Helper(os.Args, os.Environ()); ok {
		os.Exit(status)
	}
	os.Exit(scratchroot.Main(m))
}

var user, users = scratchroot.User, scratchroot.Users
