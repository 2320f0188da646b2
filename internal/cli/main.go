// Package cli is the command line: one file a command, the messages, and the one
// place that maps errors to exit codes.
package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ctenv/internal/config"
	"ctenv/internal/engine"
)

// Env is the process around a command line. Tests pass their own.
type Env struct {
	Environ               []string
	Stdin, Stdout, Stderr *os.File
	Version               string
}

// The exit codes of ctenv's own failures; the others are the command's.
const (
	exitConfig = 1   // a mistake in the configuration
	exitUsage  = 2   // a mistake on the command line
	exitEngine = 125 // ctenv or the engine failed, as with `docker run`
)

// Main runs the command line args, without the program's name, and returns the
// exit code.
func Main(ctx context.Context, args []string, env Env) int {
	a := &app{Env: env, args: args}
	root := a.newRoot()
	root.SetArgs(args)
	root.SetIn(env.Stdin)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	cmd, err := root.ExecuteContextC(ctx)
	return a.exitCode(cmd, errors.Join(err, a.helpErr))
}

// runtimes are the values of --runtime.
var runtimes = []string{"auto", "docker", "podman"}

// app holds the global flags and the streams.
type app struct {
	Env
	args       []string // the whole command line
	helpErr    error    // of printing help, which cobra has no way to return
	verbose    int
	quiet      bool
	configs    []string
	projectDir string
	runtime    string

	worktreeSaid string // what was wrong with git's worktree: not to be said twice
}

// exitStatus is the exit code of a command that ran: no error to report.
type exitStatus int

func (s exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// usageError is a mistake on the command line.
type usageError struct {
	err  error
	hint string // "" for where the help is
}

func (e usageError) Error() string { return e.err.Error() }

func usagef(format string, a ...any) error { return usageError{err: fmt.Errorf(format, a...)} }

// exitCode reports the err of cmd, unless it is a command's own exit status, and
// maps it.
func (a *app) exitCode(cmd *cobra.Command, err error) int {
	var (
		status  exitStatus
		usage   usageError
		engErr  *engine.Error
		cfgErr  *config.Error
		hostErr *hostError
	)
	switch {
	case err == nil:
		return 0
	case errors.As(err, &status):
		return int(status)
	case errors.As(err, &usage):
		hint := usage.hint
		if hint == "" {
			hint = "see " + cmd.CommandPath() + " --help"
		}
		a.fail(err, hint)
		return exitUsage
	case errors.As(err, &engErr):
		a.fail(err, engErr.Hint)
		return exitEngine
	case errors.As(err, &cfgErr):
		a.fail(err, cfgErr.Hint)
		if cfgErr.Usage() {
			return exitUsage
		}
		return exitConfig
	case errors.As(err, &hostErr):
		a.fail(err, hostErr.hint)
		return exitEngine
	}
	a.fail(err, "")
	return exitConfig
}

// hostError is a failure on this machine that no configuration can mend.
type hostError struct {
	err  error
	hint string
}

func (e *hostError) Error() string { return e.err.Error() }
func (e *hostError) Unwrap() error { return e.err }

// outputFailed is the failure to print a result; nil stays nil.
func outputFailed(err error) error {
	if err == nil {
		return nil
	}
	return &hostError{err: fmt.Errorf("printing the result: %w", err)}
}

func (a *app) newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "ctenv",
		Short: "Run a command in any container image as yourself",
		Long: `ctenv runs a command in any container image as the person who called it:
same user, group, name and home, the project mounted at a fixed path, and
every file on the host owned by that person.`,
		Example: `  ctenv run --image debian -- make
  ctenv run build
  ctenv -p ~/src/app run build -- make test`,
		Version:           a.Version,
		SilenceErrors:     true,
		SilenceUsage:      true,
		TraverseChildren:  true,
		Args:              noCommand,
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(*cobra.Command, []string) error { return a.checkRuntime() },
		DisableAutoGenTag: true,
	}
	root.SetVersionTemplate("ctenv {{.Version}}\n")
	root.SetUsageFunc(a.usage)
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { a.helpErr = a.help(cmd) })
	root.SetFlagErrorFunc(flagError)

	// The short forms belong to the root alone: after `run`, -v means volume.
	a.globalFlags(root, true)
	for _, cmd := range []*cobra.Command{
		a.newRun(), a.newBuild(), a.newStart(), a.newExec(), a.newStop(), a.newStatus(), a.newLogs(),
		a.newList(), a.newConfig(), a.newInit(), a.newDoctor(), a.newVersion(),
	} {
		a.addGlobalFlags(cmd)
		root.AddCommand(cmd)
	}
	a.completeFlags(root)
	checkTopics(root)
	return root
}

func (a *app) checkRuntime() error {
	if a.runtime == "" || slices.Contains(runtimes, a.runtime) {
		return nil
	}
	return usagef("--runtime %q is none of %s", a.runtime, strings.Join(runtimes, ", "))
}

// checkTopics has cobra's own commands refuse what they do not know: they would
// print help and report success.
func checkTopics(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		switch cmd.Name() {
		case "help":
			cmd.Args = func(_ *cobra.Command, args []string) error {
				topic, rest, err := root.Find(args)
				if err == nil && len(rest) > 0 {
					err = unknownCommand(topic, rest[0], "see "+topic.CommandPath()+" --help")
				}
				return err
			}
		case "completion":
			cmd.DisableFlagsInUseLine = true
			cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
			cmd.Args = func(cmd *cobra.Command, args []string) error {
				if len(args) == 0 {
					return nil
				}
				return usageError{fmt.Errorf("%q is no shell that ctenv completes in", args[0]), "there are bash, fish, powershell and zsh"}
			}
		}
	}
}

func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return unknownCommand(cmd, args[0], "see ctenv --help; a command in a container is run by: ctenv run -- "+args[0])
}

// unknownCommand is the error of a name that is no command below cmd. The hint is
// the nearest one, else the given one.
func unknownCommand(cmd *cobra.Command, name, hint string) error {
	var names []string
	for _, sub := range cmd.Commands() {
		names = append(append(names, sub.Name()), sub.Aliases...)
	}
	if near := config.Nearest(name, names); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return usageError{fmt.Errorf("unknown command %q", name), hint}
}

// flagError is the error of cobra about a flag, with the nearest flag there is.
func flagError(cmd *cobra.Command, err error) error {
	out := usageError{err: err, hint: "see " + cmd.CommandPath() + " --help"}
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return out
	}
	name := unknown.GetSpecifiedName()
	if len(name) == 1 {
		if global := cmd.Root().Flags().ShorthandLookup(name); global != nil && cmd.HasParent() {
			out.hint = fmt.Sprintf("-%s goes before the command: ctenv -%s %s; its long form --%s after it too", name, name, cmd.Name(), global.Name)
		}
	} else {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if near := config.Nearest(name, names); near != "" {
			out.hint = fmt.Sprintf("did you mean --%s?", near)
		}
	}
	return out
}

// addGlobalFlags declares the long forms on cmd and the commands below it.
func (a *app) addGlobalFlags(cmd *cobra.Command) {
	a.globalFlags(cmd, false)
	for _, sub := range cmd.Commands() {
		a.addGlobalFlags(sub)
	}
}

func (a *app) globalFlags(cmd *cobra.Command, short bool) {
	letter := func(s string) string {
		if short {
			return s
		}
		return ""
	}
	f := cmd.Flags()
	f.CountVarP(&a.verbose, "verbose", letter("v"), "say what is done, and how long it took")
	f.BoolVarP(&a.quiet, "quiet", letter("q"), false, "print errors only")
	f.StringArrayVar(&a.configs, "config", nil, "read this `FILE` instead of the project's (repeatable)")
	f.StringVarP(&a.projectDir, "project-dir", letter("p"), "", "the project's `DIR`, instead of where .ctenv.toml is found")
	f.StringVar(&a.runtime, "runtime", "", "the `ENGINE`: auto, docker or podman")
	if !short {
		for _, name := range []string{"verbose", "quiet", "config", "project-dir", "runtime"} {
			f.Lookup(name).Hidden = true
		}
	}
	_ = cmd.MarkFlagFilename("config", "toml")
}
