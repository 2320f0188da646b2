package cli

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"ctenv/internal/config"
	"ctenv/internal/hint"
	"ctenv/internal/pipeline"
	"ctenv/internal/usage"
)

// runFlags are the flags of run. They become a layer of configuration on top of
// the files.
type runFlags struct {
	image, name, workdir, network, platform, pull, projectTarget   string
	env, ulimits, runArgs, labels, postStart, volumes, subpaths    []string
	shell                                                          string
	publish                                                        []string
	sudo, detach, tty, noTTY, noStdin, noProject, dryRun, noDerive bool

	build buildFlags
}

// declare declares them all.
func (f *runFlags) declare(cmd *cobra.Command) {
	f.declareContainer(cmd)
	f.declareStreams(cmd)
	f.declareDryRun(cmd)
}

// declareContainer declares those that describe a container.
func (f *runFlags) declareContainer(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&f.image, "image", "", "run this `IMAGE`")
	fs.StringArrayVarP(&f.volumes, "volume", "v", nil, "`MOUNT` is HOST[:CONTAINER][:OPTIONS]")
	fs.StringArrayVarP(&f.subpaths, "subpath", "s", nil, "mount only this `PATH` of the project, PATH[:OPTIONS]")
	fs.StringVar(&f.projectTarget, "project-target", "", "mount the project at `PATH`[:OPTIONS] (default /repo)")
	fs.BoolVar(&f.noProject, "no-auto-project-mount", false, "do not mount the project")
	f.declarePlace(cmd)
	fs.BoolVar(&f.sudo, "sudo", false, "let you use sudo without a password; it is installed if missing")
	fs.BoolVar(&f.noDerive, "no-derive", false, "install sudo and packages in the container, not once in an image")
	fs.StringArrayVar(&f.postStart, "post-start-command", nil, "run this `COMMAND` as root first")
	fs.StringVar(&f.network, "network", "", "bridge, none, host, container:X or a `NETWORK`'s name")
	fs.StringArrayVar(&f.ulimits, "ulimit", nil, "`LIMIT` is NAME=SOFT[:HARD]")
	fs.StringArrayVar(&f.labels, "label", nil, "put the label `NAME=value` on the container")
	fs.StringArrayVarP(&f.publish, "publish", "p", nil, "publish a `PORT`, [IP:][HOST:]CONTAINER or auto:CONTAINER, on 127.0.0.1 without IP")
	fs.StringVar(&f.shell, "shell", "", "the `SHELL` where there is no command, and of shell commands, a name or a path")
	fs.StringArrayVar(&f.runArgs, "run-arg", nil, "an `OPTION` of docker run, as in --run-arg=--cap-add=SYS_PTRACE")
	fs.StringVar(&f.name, "name", "", "the container's `NAME`")
	fs.StringVar(&f.platform, "platform", "", "the image's `OS/ARCH`")
	fs.StringVar(&f.pull, "pull", "", "`WHEN` to pull the image: missing, always or never")
	f.build.declare(cmd)
}

// declarePlace declares what differs from command to command in one container.
func (f *runFlags) declarePlace(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVar(&f.workdir, "workdir", "", "start in this `PATH` (default: the current place in the project)")
	fs.StringArrayVar(&f.env, "env", nil, "set `NAME=value`, or pass NAME or PREFIX_* from the host")
}

// declareStreams declares how a command is connected to the caller.
func (f *runFlags) declareStreams(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.BoolVarP(&f.detach, "detach", "d", false, "run in the background and print the container's id")
	fs.BoolVarP(&f.tty, "tty", "t", false, "allocate a pseudo-terminal")
	fs.BoolVar(&f.noTTY, "no-tty", false, "allocate none")
	fs.BoolVar(&f.noStdin, "no-stdin", false, "do not connect stdin")
}

func (f *runFlags) declareDryRun(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "print the docker or podman run line instead of running it")
}

// options turns flags and arguments into what run takes.
func (f *runFlags) options(cmd *cobra.Command, args []string) (runOptions, error) {
	opts := runOptions{dryRun: f.dryRun, noDerive: f.noDerive}
	var err error
	if opts.container, opts.command, err = usage.Arguments(cmd, f.runArgs, args); err != nil {
		return opts, err
	}
	for _, v := range f.volumes {
		// Whoever wants the global -v gets the next word taken for a mount.
		if v != "" && !strings.ContainsAny(v, "~.:/$") {
			return opts, hint.Misused("to be told what is done, -v goes before the command: ctenv -v "+cmd.Name(),
				"-v %q is not a mount: HOST[:CONTAINER][:OPTIONS]", v)
		}
	}
	opts.flags, err = f.layer(cmd)
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
func (f *runFlags) layer(cmd *cobra.Command) (config.Container, error) {
	pos := pipeline.CommandLine()
	changed := cmd.Flags().Changed
	str := func(flag, v string) config.String {
		return config.String{V: v, Pos: pos, Set: changed(flag)}
	}
	list := func(values []string) []config.String {
		var out []config.String
		for _, v := range values {
			out = append(out, config.String{V: v, Pos: pos, Set: true})
		}
		return out
	}
	boolean := func(flag string, v bool) config.Value[bool] {
		return config.Value[bool]{V: v, Pos: pos, Set: changed(flag)}
	}
	c := config.Container{
		Pos:               pos,
		Image:             str("image", f.image),
		ContainerName:     str("name", f.name),
		Workdir:           str("workdir", f.workdir),
		Network:           str("network", f.network),
		Platform:          str("platform", f.platform),
		Pull:              str("pull", f.pull),
		ProjectTarget:     str("project-target", f.projectTarget),
		Env:               list(f.env),
		RunArgs:           list(f.runArgs),
		Ports:             list(f.publish),
		Shell:             str("shell", f.shell),
		PostStartCommands: list(f.postStart),
		Volumes:           list(f.volumes),
		Subpaths:          list(f.subpaths),
		Sudo:              boolean("sudo", f.sudo),
		Detach:            boolean("detach", f.detach),
		AutoProjectMount:  boolean("no-auto-project-mount", !f.noProject),
		Stdin:             boolean("no-stdin", !f.noStdin),
	}
	var err error
	if c.Build, err = f.build.layer(cmd, pos); err != nil {
		return c, err
	}
	switch {
	case changed("tty") && changed("no-tty"):
		return c, hint.Usagef("--tty and --no-tty exclude each other")
	case changed("tty"):
		c.TTY = config.String{V: strconv.FormatBool(f.tty), Pos: pos, Set: true}
	case changed("no-tty"):
		c.TTY = config.String{V: strconv.FormatBool(!f.noTTY), Pos: pos, Set: true}
	}
	if values := []string{"missing", "always", "never"}; c.Pull.Set && !slices.Contains(values, c.Pull.V) {
		return c, hint.Usagef("--pull %q is none of %s", c.Pull.V, strings.Join(values, ", "))
	}
	for _, table := range []struct {
		flag   string
		values []string
		to     *[]config.Entry
	}{{"ulimit", f.ulimits, &c.Ulimits}, {"label", f.labels, &c.Labels}} {
		for _, v := range table.values {
			name, value, ok := strings.Cut(v, "=")
			if name == "" || !ok && table.flag == "ulimit" {
				return c, hint.Usagef("--%s %q is not of the form NAME=value", table.flag, v)
			}
			*table.to = append(*table.to, config.Entry{Key: name, Value: config.String{V: value, Pos: pos, Set: true}})
		}
	}
	return c, nil
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
