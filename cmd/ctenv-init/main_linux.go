// Command ctenv-init is a container's entrypoint: it makes the container the
// caller's, as root, and then becomes the command, as the caller. ctenv mounts
// it into the container and puts a request into its environment.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"ctenv/internal/setup"
	"ctenv/internal/wire"
)

func main() {
	endQuietly()
	req, args, env, err := setup.Request(os.Args[1:], os.Environ())
	switch {
	case err == io.EOF:
		return
	case errors.Is(err, wire.ErrNoRequest):
		if len(os.Args) == 2 && os.Args[1] == wire.DeriveArg {
			// The first process of a container takes all others along.
			status, err := setup.Derive(os.Stdin, os.Environ(), os.Stderr, func() { os.Exit(wire.DerivedAbandoned) })
			end(err)
			os.Exit(status)
		}
		// Without a request, so no user's command can be a helper.
		if status, ok := setup.Helper(os.Args, os.Environ()); ok {
			os.Exit(status)
		}
		err = fmt.Errorf("%w: ctenv starts this program in a container, it is not for use by hand", err)
	case err == nil:
		err = setup.New(req, args, env, os.Stderr).Run()
	}
	end(err)
}

// end says what is wrong and ends the program, where something is.
func end(err error) {
	if err == nil {
		return
	}
	setup.Report(err)
	os.Exit(setup.ExitCode(err))
}

// endQuietly has QUIT (Ctrl-\) end this program as it ends others: at its handler
// for it, Go writes a trace of itself. One of os/signal's in its place would need
// a thread, which costs a twentieth of the whole start. A core file would land in
// the project; the command, as any program, can be dumped again.
func endQuietly() {
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	var byDefault [4]uint64 // struct sigaction with SIG_DFL, no flags, an empty mask
	_, _, _ = unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(unix.SIGQUIT), uintptr(unsafe.Pointer(&byDefault)), 0, 8, 0, 0)
}
