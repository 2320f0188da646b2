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
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"ctenv/internal/environ"
	"ctenv/internal/hint"
	"ctenv/internal/program"
	"ctenv/internal/shellquote"
	"ctenv/internal/shelltext"
	"ctenv/internal/wire"
)

// prompt is the one that a plain sh gets: its own does not say where one is.
const prompt = "[ctenv] $ "

// become replaces this process with the command. It returns only a *hint.Error.
func (in *Init) become() error {
	file, argv, err := in.command()
	if err != nil {
		return in.commandError(err)
	}
	env := in.env
	if isTerminal(0) {
		env = withPrompt(env, argv)
	}
	in.msg.Detail("command: %q", argv)
	unix.Umask(in.umask)
	in.setTextLimits(true)
	err = syscall.Exec(file, argv, env)
	if err == unix.ENOENT {
		// The file was there a moment ago.
		err = fmt.Errorf("the interpreter or loader that it names is not in the image: %w", err)
	}
	return in.commandError(fmt.Errorf("%q: %w", argv[0], err))
}

// withPrompt gives an interactive plain sh a prompt, unless there is one. bash and
// others have start-up files that make theirs.
func withPrompt(env environ.Vars, argv []string) environ.Vars {
	_, set := env.Lookup("PS1")
	if set || len(argv) > 1 || !slices.Contains([]string{"sh", "dash", "ash"}, path.Base(argv[0])) {
		return env
	}
	return env.With("PS1", prompt)
}

// command finds what to run, with the user's own permissions.
func (in *Init) command() (file string, argv []string, err error) {
	switch c := in.req.Command; c.Kind {
	case wire.CommandShell:
		file, err = shelltext.Interactive(string(in.req.Shell), in.look)
		switch {
		case errors.Is(err, program.ErrNoShell):
			return "", nil, hinted(err, "%s", in.howToRun())
		case err != nil:
			return "", nil, hinted(err, "shell, or --shell, names one that the image has")
		}
		return file, []string{path.Base(file)}, nil
	case wire.CommandText:
		shell, err := in.textShell()
		if err != nil {
			return "", nil, err
		}
		file, argv = shell.Command(in.self, string(c.Text))
		return file, argv, nil
	case wire.CommandArgs:
		argv = wire.Strings(c.Args)
	default:
		argv = in.args
	}
	if len(argv) == 0 {
		return "", nil, hinted(fmt.Errorf("no command: %w", program.ErrNotFound), "%s", in.howToRun())
	}
	file, err = in.look(argv[0])
	if way := in.shellsOwn(argv); err != nil && way != "" {
		return file, argv, hinted(err, "%s", way)
	}
	if err != nil && strings.ContainsAny(argv[0], " \t\n&|;<>$`") {
		err = hinted(err, "a line of several words is a shell's to read: %s sh -c %s", in.callOf(), shellquote.Quote(argv[0]))
	}
	return file, argv, err
}

// shellBuiltins are words that only a shell knows, or that mean nothing outside of one.
var shellBuiltins = []string{".", ":", "[[", "alias", "bg", "builtin", "cd", "command", "declare", "eval", "exec", "exit", "export", "fg", "getopts", "hash", "help", "history", "jobs", "let", "local", "logout", "mapfile", "popd", "pushd", "read",
	"return", "set", "shift", "shopt", "source", "time", "times", "trap", "type", "ulimit", "umask", "unalias", "unset", "wait"}

// assigns says whether a word is NAME=value as a shell has it.
func assigns(word string) bool {
	name, _, ok := strings.Cut(word, "=")
	letters := "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
	return ok && name != "" && strings.Contains(letters, name[:1]) && strings.Trim(name, letters+"0123456789") == ""
}

// shellsOwn is the way out where a command is no program but a word of the shell's.
func (in *Init) shellsOwn(argv []string) string {
	if argv[0] == "sudo" {
		return "sudo = true, or ctenv run --sudo, has it installed"
	}
	variable := assigns(argv[0])
	if !variable && !slices.Contains(shellBuiltins, argv[0]) {
		return ""
	}
	line := in.callOf() + " sh -c " + shellquote.Quote(words(argv))
	if variable {
		return "only a shell reads a variable there: " + line + ", or --env " + shellquote.Quote(argv[0])
	}
	return "that is a shell's own: " + line
}

// words are arguments as one line for a shell.
func words(argv []string) string {
	var all []string
	for _, arg := range argv {
		if arg == "" || strings.ContainsAny(arg, " \t\n&|;<>()$`\"'\\*?[#~!{}") {
			arg = shellquote.Quote(arg)
		}
		all = append(all, arg)
	}
	return strings.Join(all, " ")
}

func (in *Init) howToRun() string { return "name a command to run: " + in.callOf() + " COMMAND" }

// callOf is what a command of the caller's follows.
func (in *Init) callOf() string {
	if in.req.Mode == wire.ModeJoin {
		return "ctenv exec --"
	}
	return "ctenv run --"
}

// commandError gives the code that shells and Docker end with: 127 of a command that was not
// found, 126 of one that cannot be executed.
func (in *Init) commandError(err error) error {
	code := 126
	for _, missing := range []error{program.ErrNotFound, program.ErrNoShell, unix.ENOENT, unix.ENOTDIR} {
		if errors.Is(err, missing) {
			code = 127
		}
	}
	if code == 127 && in.req.Image != "" {
		err = fmt.Errorf("%w (image %q, container %q)", err, in.req.Image, in.req.Container)
	}
	return &hint.Error{Err: err, Code: code}
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
