package setup

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"ctenv/internal/saferoot"
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
		req, env, err := wire.Decode(os.Environ())
		if err == nil {
			err = New(req, os.Args[1:], env, os.Stderr).Run()
		}
		if err == nil {
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

var user = wire.User{Name: "bob", UID: 4242, GID: 4343, Group: "staff", Home: "/home/bob"}

// tempRoot is a directory that stands for the container's root and that any user
// can reach.
func tempRoot(t *testing.T) (string, *saferoot.Root) {
	t.Helper()
	dir := scratchroot.TempDir(t)
	r, err := saferoot.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(r.FD) })
	return dir, r
}

func content(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

var users = [2]int{user.UID, user.GID}
