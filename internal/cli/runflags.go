package cli

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ctenv/internal/config"
	"ctenv/internal/hint"
	"ctenv/internal/pipeline"
	"ctenv/internal/usage"
)

// runFlags are the flags of run, and of what is like it. They become a layer of configuration
// on top of the files.
type runFlags struct {
	container                  config.Container
	buildArgs, ulimits, labels []config.String
	tty, noTTY                 config.Value[bool]
	dryRun, noDerive           bool
}

// declare declares them all.
func (f *runFlags) declare(cmd *cobra.Command) {
	f.declareContainer(cmd)
	f.declareStreams(cmd)
	f.declareDryRun(cmd)
}

// declareContainer declares those that describe a container.
func (f *runFlags) declareContainer(cmd *cobra.Command) {
	fs, c := cmd.Flags(), &f.container
	fs.SortFlags = false
	fs.Var(text{&c.Image}, "image", "run this `IMAGE`")
	fs.VarP(list{&c.Volumes}, "volume", "v", "`MOUNT` is HOST[:CONTAINER][:OPTIONS]")
	fs.VarP(list{&c.Subpaths}, "subpath", "s", "mount only this `PATH` of the project, PATH[:OPTIONS]")
	fs.Var(text{&c.ProjectTarget}, "project-target", "mount the project at `PATH`[:OPTIONS] (default /repo)")
	boolean{&c.AutoProjectMount, true}.declare(fs, "no-auto-project-mount", "", "do not mount the project")
	f.declarePlace(cmd)
	boolean{&c.Sudo, false}.declare(fs, "sudo", "", "let you use sudo without a password; it is installed if missing")
	fs.BoolVar(&f.noDerive, "no-derive", false, "install sudo and packages in the container, not once in an image")
	fs.Var(list{&c.PostStartCommands}, "post-start-command", "run this `COMMAND` as root first")
	fs.Var(text{&c.Network}, "network", "bridge, none, host, container:X or a `NETWORK`'s name")
	fs.Var(list{&f.ulimits}, "ulimit", "`LIMIT` is NAME=SOFT[:HARD]")
	fs.Var(list{&f.labels}, "label", "put the label `NAME=value` on the container")
	fs.VarP(list{&c.Ports}, "publish", "p", "publish a `PORT`, [IP:][HOST:]CONTAINER or auto:CONTAINER, on 127.0.0.1 without IP")
	fs.Var(text{&c.Shell}, "shell", "the `SHELL` where there is no command, and of shell commands, a name or a path")
	fs.Var(list{&c.RunArgs}, "run-arg", "an `OPTION` of docker run, as in --run-arg=--cap-add=SYS_PTRACE")
	fs.Var(text{&c.ContainerName}, "name", "the container's `NAME`")
	fs.Var(text{&c.Platform}, "platform", "the image's `OS/ARCH`")
	fs.Var(text{&c.Pull}, "pull", "`WHEN` to pull the image: missing, always or never")
	f.declareBuild(cmd)
}

// declarePlace declares what differs from command to command in one container.
func (f *runFlags) declarePlace(cmd *cobra.Command) {
	fs, c := cmd.Flags(), &f.container
	fs.Var(text{&c.Workdir}, "workdir", "start in this `PATH` (default: the current place in the project)")
	fs.Var(list{&c.Env}, "env", "set `NAME=value`, or pass NAME or PREFIX_* from the host")
}

// declareStreams declares how a command is connected to the caller.
func (f *runFlags) declareStreams(cmd *cobra.Command) {
	fs, c := cmd.Flags(), &f.container
	boolean{&c.Detach, false}.declare(fs, "detach", "d", "run in the background and print the container's id")
	boolean{&f.tty, false}.declare(fs, "tty", "t", "allocate a pseudo-terminal")
	boolean{&f.noTTY, true}.declare(fs, "no-tty", "", "allocate none")
	boolean{&c.Stdin, true}.declare(fs, "no-stdin", "", "do not connect stdin")
}

func (f *runFlags) declareDryRun(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "print the docker or podman run line instead of running it")
}

// options turns flags and arguments into what run takes.
func (f *runFlags) options(cmd *cobra.Command, args []string) (runOptions, error) {
	opts := runOptions{dryRun: f.dryRun, noDerive: f.noDerive}
	var err error
	if opts.container, opts.command, err = usage.Arguments(cmd, f.container.RunArgs, args); err != nil {
		return opts, err
	}
	for _, v := range f.container.Volumes {
		// Whoever wants the global -v gets the next word taken for a mount.
		if v.V != "" && !strings.ContainsAny(v.V, "~.:/$") {
			return opts, hint.Misused("to be told what is done, -v goes before the command: ctenv -v "+cmd.Name(),
				"-v %q is not a mount: HOST[:CONTAINER][:OPTIONS]", v.V)
		}
	}
	opts.flags, err = f.layer()
	return opts, err
}

// runE calls act with what flags and arguments say.
func (f *runFlags) runE(act func(context.Context, runOptions) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		opts, err := f.options(cmd, args)
		if err != nil {
			return err
		}
		return act(cmd.Context(), opts)
	}
}

// layer is what the command line says, as a container.
func (f *runFlags) layer() (c config.Container, err error) {
	c = f.container
	c.Pos = pipeline.CommandLine()
	if err := f.finishBuild(&c.Build); err != nil {
		return c, err
	}
	switch {
	case f.tty.Set && f.noTTY.Set:
		return c, hint.Usagef("--tty and --no-tty exclude each other")
	case f.tty.Set || f.noTTY.Set:
		c.TTY = config.String{V: strconv.FormatBool(f.tty.V || f.noTTY.V), Pos: c.Pos, Set: true}
	}
	if values := []string{"missing", "always", "never"}; c.Pull.Set && !slices.Contains(values, c.Pull.V) {
		return c, hint.Usagef("--pull %q is none of %s", c.Pull.V, strings.Join(values, ", "))
	}
	if c.Ulimits, err = entries(f.ulimits, false, "--ulimit %q is not of the form NAME=value"); err == nil {
		c.Labels, err = entries(f.labels, true, "--label %q is not of the form NAME=value")
	}
	return c, err
}

// entries are values of the form NAME=value, or where that may be NAME alone. wrong is said of
// one that is not.
func entries(values []config.String, alone bool, wrong string) (all []config.Entry, err error) {
	for _, v := range values {
		name, value, ok := strings.Cut(v.V, "=")
		if name == "" || !ok && !alone {
			return nil, hint.Usagef(wrong, v.V)
		}
		v.V = value
		all = append(all, config.Entry{Key: name, Value: v})
	}
	return all, nil
}

// text is the value of a flag that is a text of the configuration.
type text struct{ to *config.String }

func (t text) String() string { return t.to.V }
func (t text) Type() string   { return "string" }
func (t text) Set(v string) error {
	*t.to = config.String{V: v, Pos: pipeline.CommandLine(), Set: true}
	return nil
}

// list is that of one that may be given several times.
type list struct{ to *[]config.String }

func (l list) GetSlice() (all []string) {
	for _, v := range *l.to {
		all = append(all, v.V)
	}
	return all
}

func (l list) String() string { return "" }
func (l list) Type() string   { return "stringArray" }
func (l list) Set(v string) error {
	*l.to = append(*l.to, config.String{V: v, Pos: pipeline.CommandLine(), Set: true})
	return nil
}

// boolean is that of one that may stand alone. With not it says the opposite of its setting.
type boolean struct {
	to  *config.Value[bool]
	not bool
}

func (b boolean) declare(fs *pflag.FlagSet, name, letter, help string) {
	fs.VarPF(b, name, letter, help).NoOptDefVal = "true"
}

func (b boolean) String() string { return "false" }
func (b boolean) Type() string   { return "bool" }
func (b boolean) Set(v string) error {
	is, err := strconv.ParseBool(v)
	*b.to = config.Value[bool]{V: is != b.not, Pos: pipeline.CommandLine(), Set: true}
	return err
}

// declareSource declares what stands for the project's file, or for a word about it.
func (a *app) declareSource(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&a.Trust, "trust", false, "allow what the project's file asks for, this time")
	a.declareDevcontainer(cmd)
}

func (a *app) declareDevcontainer(cmd *cobra.Command) {
	cmd.Flags().Var((*optional)(&a.devcontainer), "devcontainer", "go by a devcontainer.json, the nearest one or this FILE")
	cmd.Flag("devcontainer").NoOptDefVal = pipeline.AnyDevcontainer
}

// optional is the value of a flag that may stand alone. It has no type, so that help shows
// --flag[=VALUE].
type optional string

func (o *optional) String() string        { return string(*o) }
func (o *optional) Set(text string) error { *o = optional(text); return nil }
func (o *optional) Type() string          { return "" }
