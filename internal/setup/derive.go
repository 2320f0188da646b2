//go:build linux

package setup

import (
	"io"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"ctenv/internal/environ"
	"ctenv/internal/message"
	"ctenv/internal/packager"
	"ctenv/internal/saferoot"
	"ctenv/internal/shelltext"
	"ctenv/internal/wire"
)

// Derive prepares the container for an image to be made of it, by the document on
// stdin: packages first, then commands. env is the image's. It returns an exit status;
// for errors see Init.Run. abandoned is called when stdin ends meanwhile: the client has
// gone, and nobody will keep what is made.
func Derive(stdin io.Reader, env []string, stderr io.Writer, abandoned func()) (status int, err error) {
	closeOthers()
	unix.Umask(0o022)
	d, err := wire.ReadDerivation(stdin)
	if err != nil {
		return 0, &stepError{"request", err}
	}
	go func() {
		_, _ = io.Copy(io.Discard, stdin)
		abandoned()
	}()
	in := &Init{env: env, derives: true, self: ownPath(wire.InitPath), again: childPath(ownPath(wire.InitPath)), msg: message.Writer{Out: stderr, Verbosity: d.Verbosity}}
	in.req.Install = &d.Install
	for _, kv := range d.Proxies {
		name, value, _ := strings.Cut(string(kv), "=")
		in.env = in.env.With(name, value)
	}
	if in.root, err = saferoot.OpenRoot("/"); err != nil {
		return 0, err
	}
	status = wire.DerivedNothing
	did := func(step func() (string, error)) func() (string, error) {
		return func() (string, error) {
			said, err := step()
			if said != "" {
				status = 0
			}
			return said, err
		}
	}
	name := "packages"
	if len(d.Install.Packages) == 0 {
		name = "sudo"
	}
	err = in.steps([]step{{name, did(in.derivePackages)}, {"image_commands", did(in.imageCommands)}}, func() error { return nil })
	return status, err
}

// derivePackages installs packages, and sudo where it is missing, and leaves nothing of
// what was fetched for that.
func (in *Init) derivePackages() (string, error) {
	var names []string
	if in.req.Install.Sudo {
		if _, err := in.look("sudo"); err != nil {
			names = append(names, "sudo")
		}
	}
	if len(names) == 0 && len(in.req.Install.Packages) == 0 {
		return "", nil
	}
	return packager.InstallClean(in.root, names, in.req.Install.Packages, in.env, in.msg)
}

// packages installs packages in a container whose image has not been derived.
func (in *Init) packages() (string, error) {
	if in.req.Install == nil || len(in.req.Install.Packages) == 0 {
		return "", nil
	}
	return packager.Install(in.root, nil, in.req.Install.Packages, in.env, in.msg)
}

// imageCommands runs the commands that belong to the image, as root, in /, with the
// image's environment.
func (in *Init) imageCommands() (string, error) {
	if in.req.Install == nil || len(in.req.Install.Commands) == 0 {
		return "", nil
	}
	here, err := unix.Open(".", unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", err
	}
	defer unix.Close(here)
	if err := unix.Chdir("/"); err != nil {
		return "", err
	}
	defer unix.Fchdir(here)
	own := *in
	own.req.Shell = in.req.Install.Shell
	own.env = in.imageEnviron()
	return own.runTexts("image_commands", shelltext.New(in.req.Install.Commands, in.req.Install.CommandsJoined, nil), 0o022)
}

// imageEnviron is the image's environment, for root.
func (in *Init) imageEnviron() environ.Vars {
	var env environ.Vars
	for _, kv := range in.env {
		name, _, _ := strings.Cut(kv, "=")
		if !slices.Contains(in.req.InstallHides, name) {
			env = append(env, kv)
		}
	}
	if env.Get("PATH") == "" {
		env = env.With("PATH", environ.DefaultPath)
	}
	return env.With("HOME", "/root").With("USER", "root").With("LOGNAME", "root").With("DEBIAN_FRONTEND", "noninteractive")
}
