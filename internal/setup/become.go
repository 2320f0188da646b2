//go:build linux

package setup

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path"
	"slices"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"ctenv/internal/wire"
)

// prompt is the one that a plain sh gets: its own does not say where one is.
const prompt = "[ctenv] $ "

// become replaces this process with the command. It returns only a *CommandError.
func (in *Init) become() error {
	file, argv, err := in.command()
	if err != nil {
		return commandError(err)
	}
	env := in.env
	if isTerminal(0) {
		env = withPrompt(env, argv)
	}
	in.msg.Detail("command: %q", argv)
	err = syscall.Exec(file, argv, env)
	if err == unix.ENOENT {
		// The file was there a moment ago.
		err = fmt.Errorf("the interpreter or loader that it names is not in the image: %w", err)
	}
	return commandError(fmt.Errorf("%q: %w", argv[0], err))
}

// withPrompt gives an interactive plain sh a prompt, unless there is one. bash and
// others have start-up files that make theirs.
func withPrompt(env Environ, argv []string) Environ {
	_, set := env.Lookup("PS1")
	if set || len(argv) > 1 || !slices.Contains([]string{"sh", "dash", "ash"}, path.Base(argv[0])) {
		return env
	}
	return env.With("PS1", prompt)
}

// command finds what to run, with the user's own permissions.
func (in *Init) command() (file string, argv []string, err error) {
	search := in.env.Get("PATH")
	switch c := in.req.Command; c.Kind {
	case wire.CommandShell:
		file, err = findShell("auto", search)
		if err != nil {
			return "", nil, hinted(err, "%s", in.howToRun())
		}
		return file, []string{path.Base(file)}, nil
	case wire.CommandText:
		shell, err := in.textShell()
		if err != nil {
			return "", nil, err
		}
		file, argv = shell.command(in.self, string(c.Text))
		return file, argv, nil
	case wire.CommandArgs:
		for _, arg := range c.Args {
			argv = append(argv, string(arg))
		}
	default:
		argv = in.args
	}
	if len(argv) == 0 {
		return "", nil, hinted(fmt.Errorf("no command: %w", errNotFound), "%s", in.howToRun())
	}
	file, err = lookPath(argv[0], search)
	return file, argv, err
}

func (in *Init) howToRun() string {
	if in.req.Session != "" {
		return "name a command to run: ctenv exec -- COMMAND"
	}
	return "name a command to run: ctenv run -- COMMAND"
}

// commandError gives the code that shells and Docker end with.
func commandError(err error) error {
	code := 126
	for _, missing := range []error{errNotFound, errNoShell, unix.ENOENT, unix.ENOTDIR} {
		if errors.Is(err, missing) {
			code = 127
		}
	}
	return &CommandError{Err: err, Code: code}
}

func isTerminal(fd int) bool {
	_, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	return err == nil
}

// closeOthers keeps every descriptor but the standard streams from all that is
// executed, whatever the engine left open. Our own are opened so from the start.
func closeOthers() {
	// Since Linux 5.11.
	if unix.CloseRange(3, math.MaxInt32, unix.CLOSE_RANGE_CLOEXEC) == nil {
		return
	}
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return // Go opens its own with O_CLOEXEC
	}
	for _, entry := range fds {
		if fd, err := strconv.Atoi(entry.Name()); err == nil && fd > 2 {
			unix.CloseOnExec(fd)
		}
	}
}
