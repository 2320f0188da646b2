// Package cli is the command line: one file a command, and the one place that maps
// errors to exit codes. What a command does is done by the packages below.
package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"ctenv/internal/hint"
	"ctenv/internal/owners"
	"ctenv/internal/pipeline"
	"ctenv/internal/shellquote"
	"ctenv/internal/shim"
	"ctenv/internal/term"
	"ctenv/internal/trust"
	"ctenv/internal/usage"
)

// Env is the process around a command line. Tests pass their own.
type Env struct {
	Environ               []string
	Stdin, Stdout, Stderr *os.File
	Version               string
	Commit                string // of the source, "" where it is not known
	SystemFile            string // path of the system's configuration, "" for none
	Process               bool   // its environment is that of the programs that are started
	Argv0                 string // what the program was called by, "" where that is of no interest
}

// Main runs the command line args, without the program's name, and returns the
// exit code.
func Main(ctx context.Context, args []string, env Env) int {
	line, byShim, err := shim.Line(env.Argv0, args)
	if err != nil {
		fmt.Fprintln(env.Stderr, "error:", err)
		return 127
	}
	if byShim {
		args = line
	}
	if env.Process {
		shim.Apart()
	}
	a := &app{args: args, argv0: env.Argv0, byShim: byShim, commit: env.Commit, Caller: pipeline.Caller{
		Console: term.Console{Environ: env.Environ, Stdin: env.Stdin, Stdout: env.Stdout, Stderr: env.Stderr},
		Version: env.Version, SystemFile: env.SystemFile,
	}}
	root := a.newRoot()
	root.SetArgs(args)
	root.SetIn(env.Stdin)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	cmd, err := root.ExecuteContextC(ctx)
	return a.exitCode(cmd, errors.Join(err, a.words.Err))
}

// Command is the tree of commands, for pages and scripts that are made of it. It is
// not to be executed.
func Command() *cobra.Command {
	root := (&app{}).newRoot()
	root.InitDefaultCompletionCmd()
	return root
}

// runtimes are the values of --runtime.
var runtimes = []string{"auto", "docker", "podman"}

// app holds the global flags and the streams.
type app struct {
	pipeline.Caller
	args   []string // the whole command line
	argv0  string
	commit string
	byShim bool // called by the name of a program to exec
	words  usage.Words

	devcontainer string // --devcontainer as it is given
}

// exitCode reports the err of cmd, unless it is a command's own exit status, and
// maps it: a mistake in the configuration, unless it says that it is something else.
func (a *app) exitCode(cmd *cobra.Command, err error) int {
	if err == nil {
		return 0
	}
	if status := hint.Status(0); errors.As(err, &status) {
		return int(status)
	}
	way, code := hint.Of(err)
	if code == 0 { // cobra does not ask, for a flag before the command
		err = a.words.OfFlag(cmd, err)
		way, code = hint.Of(err)
	}
	a.Fail(err, strings.Replace(way, hint.SeeHelp, "see "+cmd.CommandPath()+" --help", 1))
	if code == 0 {
		return hint.Config
	}
	return code
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
		Version:          a.Version,
		SilenceErrors:    true,
		SilenceUsage:     true,
		TraverseChildren: true,
		RunE:             func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if err := cmp.Or(a.refuseEmpty(cmd), usage.RefuseDashes(cmd), a.takeVariables(), a.checkSafe()); err != nil || a.devcontainer == "" {
				return err
			}
			return a.UseDevcontainer(a.devcontainer)
		},
		DisableAutoGenTag: true,
	}
	root.SetVersionTemplate("ctenv {{.Version}}\n")

	// The short forms belong to the root alone: after `run`, -v means volume.
	a.globalFlags(root, true)
	for _, newCommand := range a.called() {
		cmd := newCommand(a)
		a.addGlobalFlags(cmd)
		root.AddCommand(cmd)
	}
	a.completeFlags(root)
	a.words = usage.Words{Console: &a.Console, Args: a.args, Variables: variables}
	a.words.Set(root)
	return root
}

// commands make the commands, by their names.
var commands = map[string]func(*app) *cobra.Command{
	"run": (*app).newRun, "build": (*app).newBuild, "start": (*app).newStart, "restart": (*app).newRestart, "exec": (*app).newExec,
	"stop": (*app).newStop, "status": (*app).newStatus, "logs": (*app).newLogs, "shim": (*app).newShim, "list": (*app).newList,
	"clean": (*app).newClean, "config": (*app).newConfig, "trust": (*app).newTrust, "init": (*app).newInit,
	"from-docker-run": (*app).newFromDockerRun, "doctor": (*app).newDoctor, "version": (*app).newVersion,
}

// called are those that the command line can mean: the one that it begins with, without the
// time that the flags of all others take, or all.
func (a *app) called() map[string]func(*app) *cobra.Command {
	if len(a.args) > 0 && commands[a.args[0]] != nil {
		return map[string]func(*app) *cobra.Command{a.args[0]: commands[a.args[0]]}
	}
	return commands
}

// The variables that stand for global flags which are not given.
const (
	runtimeVariable = "CTENV_RUNTIME" // for --runtime
	configVariable  = "CTENV_CONFIG"  // for --config, several separated by colons
)

// variables are those that ctenv --help shows.
var variables = [][2]string{
	{configVariable, "files, separated by colons, in place of --config"},
	{runtimeVariable, "the engine, in place of --runtime"},
	{trust.Variable, "projects whose files may have what they ask for: directories, or what a question in a script shows, separated by colons"},
	{owners.Variable, "directories of other users whose files are believed, separated by colons"},
	{"DOCKER_HOST", "docker's engine, as for the docker command, which DOCKER_CONTEXT names too"},
	{"CONTAINER_HOST", "podman's engine, as for the podman command"},
	{"NO_COLOR", "not empty: no colours"},
}

// takeVariables has variables stand for global flags, and checks what both can say.
func (a *app) takeVariables() error {
	name := "--runtime"
	if a.Runtime == "" {
		name, a.Runtime = runtimeVariable, a.Getenv(runtimeVariable)
	}
	if len(a.Configs) == 0 && a.devcontainer == "" { // which goes before the variable
		for _, file := range filepath.SplitList(a.Getenv(configVariable)) {
			switch {
			case file == "":
				continue
			// It would be the caller's own in each checkout that they come into.
			case !filepath.IsAbs(file) && !strings.HasPrefix(file, "~/"):
				return hint.Misused("write the whole path, or --config "+shellquote.Word(file), "%s: %q is not an absolute path", configVariable, file)
			}
			a.Configs = append(a.Configs, file)
		}
	}
	if a.Runtime == "" || slices.Contains(runtimes, a.Runtime) {
		return nil
	}
	return hint.Usagef("%s %q is none of %s", name, a.Runtime, strings.Join(runtimes, ", "))
}

// checkSafe refuses what CTENV_SAFE_DIRECTORIES cannot vouch for, as the key does.
func (a *app) checkSafe() error {
	for _, dir := range filepath.SplitList(a.Getenv(owners.Variable)) {
		if dir != "" && dir != "*" && !filepath.IsAbs(dir) {
			return hint.Misused("write the whole path", "%s: %q is not an absolute path", owners.Variable, dir)
		}
	}
	return nil
}

// refuseEmpty refuses a flag that chooses the project and is given without one, as -p "$DIR"
// where the shell has no DIR: it would be another project without a word.
func (a *app) refuseEmpty(cmd *cobra.Command) error {
	for name, value := range map[string]string{"project-dir": a.ProjectDir, "devcontainer": a.devcontainer} {
		if value == "" && (cmd.Flags().Changed(name) || cmd.Root().Flags().Changed(name)) {
			return hint.Misused("name one, or leave out --"+name, "--%s is empty", name)
		}
	}
	return nil
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
	f.CountVarP(&a.Verbose, "verbose", letter("v"), "say what is done, and how long it took")
	f.BoolVarP(&a.Quiet, "quiet", letter("q"), false, "print errors only")
	f.Var((*appended)(&a.Configs), "config", "read this `FILE` instead of the project's (repeatable)")
	f.StringVarP(&a.ProjectDir, "project-dir", letter("p"), "", "the project's `DIR`, instead of where .ctenv.toml is found")
	f.StringVar(&a.Runtime, "runtime", "", "the `ENGINE`: auto, docker or podman")
	if !short {
		for _, name := range []string{"verbose", "quiet", "config", "project-dir", "runtime"} {
			f.Lookup(name).Hidden = true
		}
	}
	_ = cmd.MarkFlagFilename("config", "toml")
}

// appended is the value of a repeatable flag that is declared twice, before and after the
// command's name: those of pflag begin anew with the second.
type appended []string

func (l *appended) String() string        { return strings.Join(*l, ",") }
func (l *appended) Set(text string) error { *l = append(*l, text); return nil }
func (l *appended) Type() string          { return "stringArray" }
