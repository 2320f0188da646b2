package plan

import (
	"fmt"
	"path"
	"strconv"
	"strings"

	"ctenv/internal/config"
	"ctenv/internal/runargs"
	"ctenv/internal/wire"
)

// Draft is a container with its templates resolved, before the file system and
// the engine have been looked at.
type Draft struct {
	host Host
	c    config.Container // every text in it is expanded
	args []string         // the command line's command, as it is

	volumes    []spec // project, subpaths and volumes, in order of precedence
	others     []spec // what run_args mounts and the engine gets as it is written
	target     string // of the project
	envFiles   []envFile
	runArgs    []runargs.Arg // without those that have a key of ours
	runArgsAt  []placed      // their places
	initArgs   []runargs.Arg // what ctenv-init carries out: health checks, and podman's own
	initArgsAt []placed
	raw        config.Container      // as it was before its templates were resolved
	written    map[config.Pos]string // options of run_args that take a variable, as they are written
	limitArgs  []runargs.Arg         // those of [limits]
	warnings   []string
	health     health
	podmans    podmans
	user       wire.User
	vars       *vars
	files      map[string]bool // host paths that are no directories
	homes      []string        // the caller's home, by name and with its symlinks resolved
	stay       bool            // of a container that stays
	// secretArgs are the build arguments with a variable of the host in them.
	secretArgs map[string]bool
	proxies    []Var // of Facts

	certificates []spec
}

// expansion is the state while a Draft is made.
type expansion struct {
	host Host
	vars *vars
}

// Image is the image, for the lookup that image_entrypoint needs.
func (d *Draft) Image() string { return d.c.Image.V }

// ProjectDir is the project's, as in labels.
func (d *Draft) ProjectDir() string { return projectDir(d.host) }

// Container is the container's name in the configuration, "default" when none.
func (d *Draft) Container() string { return ContainerName(d.c) }

// NeedsImageConfig says whether Build wants the image's ENTRYPOINT in Facts.
func (d *Draft) NeedsImageConfig() bool { return d.c.ImageEntrypoint.V && !d.stay }

// Platform of the image, "" for the engine's.
func (d *Draft) Platform() string { return d.c.Platform.V }

// Pull is the pull policy of the image that runs. One that was just built is on
// no registry: the policy is then about what it is built from.
func (d *Draft) Pull() string {
	if d.builds() {
		return "never"
	}
	return d.c.Pull.V
}

// Runtime is the engine that was asked for: "auto", "docker" or "podman".
func (d *Draft) Runtime() config.String { return d.c.Runtime }

// Expand resolves the templates of c, a container with the built-in defaults
// filled in, and checks everything that can be checked without looking at the
// file system or an engine. args is the command of the command line, or nil.
// Errors are *config.Error and name the place of the mistake.
func Expand(c config.Container, host Host, args []string) (*Draft, error) {
	return expand(c, host, args, strconv.Itoa(host.PID), false)
}

func expand(c config.Container, host Host, args []string, pid string, stay bool) (*Draft, error) {
	d, err := expandAll(c, host, args, pid, stay)
	return d, redact(err, c, host.Env)
}

func expandAll(c config.Container, host Host, args []string, pid string, stay bool) (*Draft, error) {
	if err := wire.ValidUserName(string(host.User.Name)); err != nil {
		return nil, fmt.Errorf("your user %w", err)
	}
	if err := takeKeys(&c); err != nil {
		return nil, err
	}
	x := newExpansion(c, host, pid)
	d := &Draft{host: host, c: c, raw: c, args: args, stay: stay, user: host.User, vars: x.vars}

	// The image comes first: other texts may name it.
	if err := x.imageName(d); err != nil {
		return nil, err
	}
	x.vars.values["image"] = d.c.Image.V
	x.vars.values["image_tag"] = imageTag(d.c.Image.V)
	x.vars.values["IMAGE_TAG"] = imageTag(d.c.Image.V)

	for _, step := range []func(*Draft) error{x.scalars, x.build, x.texts, x.install, x.mounts, x.groups, x.certificates, x.ports, x.runArgs, x.repository, x.limits, x.check} {
		if err := step(d); err != nil {
			return nil, err
		}
	}
	return d, d.c.Check()
}

// Runtime is the engine that c asks for, "auto", "docker" or "podman", before the
// rest of c is looked at.
func Runtime(c config.Container, host Host) (string, error) {
	if err := newExpansion(c, host, stayPID).text(&c.Runtime, "runtime", strict); err != nil {
		return "", err
	}
	if _, err := limitRuntime(&c); err != nil {
		return "", err
	}
	return c.Runtime.V, c.Check()
}

// newExpansion knows all names but those of the image.
func newExpansion(c config.Container, host Host, pid string) *expansion {
	return &expansion{host: host, vars: &vars{env: host.Env, hide: host.HideEnv, values: map[string]string{
		"container":   ContainerName(c),
		"user_name":   string(host.User.Name),
		"user_home":   string(host.User.Home),
		"uid":         strconv.Itoa(host.User.UID),
		"gid":         strconv.Itoa(host.User.GID),
		"project_dir": projectDir(host),
		"pid":         pid,
		"USER":        string(host.User.Name),
		"HOME":        string(host.User.Home),
	}}}
}

// ContainerName is the container's name in the configuration, "default" when none.
func ContainerName(c config.Container) string {
	if c.Name == "" {
		return DefaultContainer
	}
	return c.Name
}

// projectDir is what ${project_dir} gives: where no project was found, the
// current directory.
func projectDir(h Host) string {
	if h.ProjectDir == "" {
		return h.Cwd
	}
	return h.ProjectDir
}

// at makes an error about a value.
func at[T any](v config.Value[T], key, format string, a ...any) error {
	return &config.Error{Pos: v.Pos, Msg: key + ": " + fmt.Sprintf(format, a...)}
}

// found says of an error about a value that what is here is the reason; nil stays
// nil.
func found(err error) error {
	if e, ok := err.(*config.Error); ok {
		e.Found = true
	}
	return err
}

// wrap gives err the place of s; nil stays nil.
func wrap(s config.String, key string, err error) error {
	if err == nil {
		return nil
	}
	return mistake(s.Pos, err, "%s: %q: %v", key, s.V, err)
}

// text expands s in place.
func (x *expansion) text(s *config.String, key string, m mode) error {
	out, err := x.vars.expand(*s, key, m)
	s.V = out
	return err
}

// list expands a copy of each text, so that the configuration stays as it was.
func (x *expansion) list(l *[]config.String, key string, m mode) error {
	out := make([]config.String, len(*l))
	for i, s := range *l {
		if err := x.text(&s, item(key, i, s), m); err != nil {
			return err
		}
		out[i] = s
	}
	*l = out
	return nil
}

// item names the i-th item of a list, counted from 0. A flag's has no number: the
// caller would count from the first flag, and the file's items come before it.
func item(key string, i int, s config.String) string {
	if s.Pos.Line == 0 {
		return key
	}
	return fmt.Sprintf("%s[%d]", key, i+1)
}

// scalars expands and checks the single values.
func (x *expansion) scalars(d *Draft) error {
	c := &d.c
	for _, t := range []struct {
		s   *config.String
		key string
	}{
		{&c.Workdir, "workdir"}, {&c.Shell, "shell"}, {&c.ContainerName, "name"}, {&c.Hostname, "hostname"},
		{&c.Network, "network"}, {&c.Platform, "platform"}, {&c.Pull, "pull"}, {&c.Progress, "progress"},
		{&c.TTY, "tty"}, {&c.Runtime, "runtime"},
	} {
		if err := x.text(t.s, t.key, strict); err != nil {
			return err
		}
	}
	if !volumeName().MatchString(c.ContainerName.V) {
		return &config.Error{Pos: c.ContainerName.Pos, Msg: fmt.Sprintf("name: %q is no name for a container", c.ContainerName.V),
			Hint: "letters, digits, _ . and - only, two at least; ${…|slug} makes any value fit"}
	}
	if c.Hostname.Set && c.Hostname.V != "" && !validHostname(c.Hostname.V) {
		return at(c.Hostname, "hostname", "%q is no host name: labels of letters, digits and -, at most 63 bytes in all", c.Hostname.V)
	}
	if c.Workdir.V != "auto" && c.Workdir.V != "" {
		p, err := x.containerPath(c.Workdir.V)
		if err != nil {
			e := wrap(c.Workdir, "workdir", err).(*config.Error)
			if e.Hint != "" {
				target, _, _ := strings.Cut(c.ProjectTarget.V, ":")
				e.Hint = "write " + path.Join(target, c.Workdir.V)
			}
			return e
		}
		c.Workdir.V = p
	}
	if p := c.Platform.V; p != "" {
		if n := strings.Count(p, "/"); n < 1 || n > 2 || strings.Contains("/"+p+"/", "//") {
			hint := "write linux/arm64"
			if n == 0 && p != "linux" {
				hint = "write linux/" + p
			}
			return wrap(c.Platform, "platform", refuse("Unsupported platform: not of the form os/arch[/variant]", hint))
		}
	}
	if strings.ContainsAny(c.Network.V, " \t\n") {
		return &config.Error{Pos: c.Network.Pos, Msg: fmt.Sprintf("network: %q is no name of a network", c.Network.V), Hint: "it holds a space"}
	}
	if s := c.Shell.V; strings.Contains(s, "/") && s[0] != '/' {
		return at(c.Shell, "shell", "%q is neither auto, a name nor an absolute path", s)
	}
	return nil
}

// texts expands environment, commands and labels.
func (x *expansion) texts(d *Draft) error {
	c := &d.c
	for _, l := range []struct {
		list *[]config.String
		key  string
		mode mode
	}{
		{&c.Env, "env", hideable},
		{&c.PostStartCommands, "post_start_commands", shellText},
		{&c.SetupCommands, "setup_commands", shellText},
		{&c.Command.Args, "command", shellText},
		{&c.Groups, "groups", strict},
	} {
		if err := x.list(l.list, l.key, l.mode); err != nil {
			return err
		}
	}
	if c.Command.Shell.Set {
		if err := x.text(&c.Command.Shell, "command", shellText); err != nil {
			return err
		}
	}
	for i := range c.EnvFile {
		if err := x.envFile(d, c.EnvFile[i], "env_file", parseDotenv); err != nil {
			return err
		}
	}
	for _, t := range []struct {
		table *[]config.Entry
		key   string
		mode  mode
	}{{&c.Labels, "labels", hideable}, {&c.Ulimits, "ulimits", strict}} {
		out := make([]config.Entry, len(*t.table))
		for i, e := range *t.table {
			if err := x.text(&e.Value, t.key+"."+e.Key, t.mode); err != nil {
				return err
			}
			out[i] = e
		}
		*t.table = out
	}
	return nil
}

// envFile notes a file of variables, to be read before Build.
func (x *expansion) envFile(d *Draft, s config.String, key string, parse parseVars) error {
	p, err := x.vars.expand(s, key, strict)
	if err != nil {
		return err
	}
	sp := spec{at: s, key: key}
	sp.host, err = x.onlyPath(p, s.Pos)
	d.envFiles = append(d.envFiles, envFile{sp, parse, key != "env_file"})
	return wrap(s, key, err)
}

// onlyPath is hostPath where no volume can be meant: a bare name is a path too.
func (x *expansion) onlyPath(p string, at config.Pos) (string, error) {
	if p == "" {
		return "", refuse("the path is empty", "")
	}
	if p[0] != '/' && p[0] != '~' {
		p = "./" + p
	}
	return x.hostPath(p, at)
}

// check looks at all that the settings and run_args have brought together.
func (x *expansion) check(d *Draft) error {
	for _, sp := range d.mounted() {
		if err := sp.check(); err != nil {
			return err
		}
	}
	for _, e := range d.c.Labels {
		if err := checkLabel(e); err != nil {
			return err
		}
	}
	for _, s := range d.c.Env {
		if err := checkVar(s); err != nil {
			return err
		}
	}
	return nil
}

// groups finds the supplementary groups that were asked for among the caller's.
func (x *expansion) groups(d *Draft) error {
	for _, g := range d.c.Groups {
		found := false
		for _, have := range x.host.Groups {
			if string(have.Name) == g.V || strconv.Itoa(have.GID) == g.V {
				d.user.Groups = append(d.user.Groups, have)
				found = true
				break
			}
		}
		if !found {
			return &config.Error{Pos: g.Pos, Msg: fmt.Sprintf("groups: you are not a member of group %q", g.V),
				Hint: "id shows the groups you have"}
		}
	}
	return nil
}

func validHostname(s string) bool {
	if len(s) > 63 {
		return false
	}
	for _, label := range strings.Split(s, ".") {
		if label == "" || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := 0; i < len(label); i++ {
			c := label[i]
			if c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
				return false
			}
		}
	}
	return true
}
