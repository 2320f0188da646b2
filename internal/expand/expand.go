// Package expand makes the draft of a container: its configuration with all texts
// resolved, checked as far as that goes without a look at the host or the engine.
package expand

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"ctenv/internal/below"
	"ctenv/internal/config"
	"ctenv/internal/look"
	"ctenv/internal/mistake"
	"ctenv/internal/plan"
	"ctenv/internal/runargs"
	"ctenv/internal/template"
	"ctenv/internal/volume"
	"ctenv/internal/wire"
)

// Draft is a container with its templates resolved, before the file system and
// the engine have been looked at.
type Draft struct {
	Host     look.Host
	Settings config.Container // every text in it is expanded
	Args     []string         // the command line's command, as it is

	Volumes      []volume.Spec // project, subpaths and volumes, in order of precedence
	Others       []volume.Spec // what run_args mounts and the engine gets as it is written
	Target       string        // of the project
	EnvFiles     []EnvFile
	Options      []Option              // of run_args, without those that have a key of ours
	InitOptions  []Option              // what ctenv-init carries out: health checks, and podman's own
	Raw          config.Container      // as it was before its templates were resolved
	Written      map[config.Pos]string // options of run_args that take a variable, as they are written
	LimitOptions []Option              // those of [limits]
	Warnings     []string
	Health       Health
	Podmans      Podmans
	User         wire.User
	Unslugged    []string // the names with |slug that have marks, which are not slugged
	Stay         bool     // of a container that stays
	Joins        bool     // of a command in one, which was looked at for itself
	// SecretArgs are the build arguments with the value of a variable of the host in them.
	SecretArgs map[string]bool

	Certificates []volume.Spec

	vars *template.Vars
}

// Shown is a text of the configuration as it can be shown, short of the values of variables.
func (d *Draft) Shown(text string) string { return d.vars.Shown(text) }

// Takes says that a text of the configuration takes a variable of the host.
func (d *Draft) Takes(text string) bool { return d.vars.Takes(text) }

// expansion is the state while a Draft is made.
type expansion struct {
	host look.Host
	volume.Reader
	published int // ports that were named so far, by the key and by options
}

// Container is the container's name in the configuration, "default" when none.
func (d *Draft) Container() string { return containerName(d.Settings) }

// NeedsImageConfig says whether a plan wants the image's ENTRYPOINT in Facts.
func (d *Draft) NeedsImageConfig() bool { return d.Settings.ImageEntrypoint.V && !d.Stay }

// Pull is the pull policy of the image that runs. One that was just built is on
// no registry: the policy is then about what it is built from.
func (d *Draft) Pull() string {
	if d.Builds() {
		return "never"
	}
	return d.Settings.Pull.V
}

// Run resolves the templates of c, a container with the built-in defaults
// filled in, and checks everything that can be checked without looking at the
// file system or an engine. args is the command of the command line, or nil.
// Errors are *config.Error and name the place of the mistake.
func Run(c config.Container, host look.Host, args []string) (*Draft, error) {
	return expand(c, host, args, strconv.Itoa(host.PID), false)
}

func expand(c config.Container, host look.Host, args []string, pid string, stay bool) (*Draft, error) {
	d, err := expandAll(c, host, args, pid, stay)
	return d, Redact(err, c, host.Env)
}

func expandAll(c config.Container, host look.Host, args []string, pid string, stay bool) (*Draft, error) {
	if err := wire.ValidUserName(string(host.User.Name)); err != nil {
		return nil, fmt.Errorf("your user %w", err)
	}
	if err := takeKeys(&c); err != nil {
		return nil, err
	}
	x := newExpansion(c, host, pid)
	d := &Draft{Host: host, Settings: c, Raw: c, Args: args, Stay: stay, User: host.User, vars: x.Vars}

	// The image comes first: other texts may name it.
	if err := x.imageName(d); err != nil {
		return nil, err
	}
	x.Vars.Values["image"] = d.Settings.Image.V
	written := c.Image.V
	if d.Builds() {
		written = c.Build.Tag.V
	}
	if x.Vars.Takes(written) {
		x.Vars.Written = map[string]string{"image": written, "image_tag": written, "IMAGE_TAG": written}
	}
	tag, known := imageTag(d.Settings.Image.V)
	x.Vars.Values["image_tag"], x.Vars.Values["IMAGE_TAG"] = tag, tag
	x.Vars.Unseen = map[string]bool{"image_tag": !known, "IMAGE_TAG": !known}

	for _, step := range []func(*Draft) error{x.scalars, x.build, x.texts, x.install, x.mounts, x.groups, x.certificates, x.ports, x.runArgs, x.repository, x.limits, x.check} {
		if err := step(d); err != nil {
			return nil, err
		}
	}
	d.Unslugged = x.Vars.Unslugged
	return d, d.Settings.Check()
}

// Runtime is the engine that c asks for, "auto", "docker" or "podman", before the
// rest of c is looked at.
func Runtime(c config.Container, host look.Host) (string, error) {
	raw := c.Runtime
	x := newExpansion(c, host, stayPID)
	if err := x.text(&c.Runtime, "runtime", template.Strict); err != nil {
		return "", err
	}
	if _, err := limitRuntime(&c, x.shown(raw, c.Runtime)); err != nil {
		return "", err
	}
	return c.Runtime.V, c.Check()
}

// newExpansion knows all names but those of the image.
func newExpansion(c config.Container, host look.Host, pid string) *expansion {
	return &expansion{host: host, Reader: volume.Reader{User: host.User, Cwd: host.Cwd, Vars: &template.Vars{Env: host.Env, Hide: host.HideEnv, Withheld: host.Withheld, Values: map[string]string{
		"container":   containerName(c),
		"user_name":   string(host.User.Name),
		"user_home":   string(host.User.Home),
		"uid":         strconv.Itoa(host.User.UID),
		"gid":         strconv.Itoa(host.User.GID),
		"project_dir": host.Project(),
		"pid":         pid,
		"USER":        string(host.User.Name),
		"HOME":        string(host.User.Home),
	}}}}
}

// containerName is the container's name in the configuration, "default" when none.
func containerName(c config.Container) string {
	return cmp.Or(c.Name, config.DefaultContainer)
}

// text expands s in place.
func (x *expansion) text(s *config.String, key string, m template.Mode) error {
	out, err := x.Vars.Expand(*s, key, m)
	s.V = out
	return err
}

// list expands a copy of each text, so that the configuration stays as it was.
func (x *expansion) list(l *[]config.String, key string, m template.Mode) error {
	out := make([]config.String, len(*l))
	for i, s := range *l {
		if err := x.text(&s, mistake.Item(key, i, s), m); err != nil {
			return err
		}
		out[i] = s
	}
	*l = out
	return nil
}

// scalars expands and checks the single values.
func (x *expansion) scalars(d *Draft) error {
	c := &d.Settings
	for key, s := range c.Strings() {
		if key == "image" || key == "project_target" {
			continue // the one has been settled before, the other has fields
		}
		if err := x.text(s, key, template.Strict); err != nil {
			return err
		}
	}
	if !volume.ValidName(template.Plain(c.ContainerName.V)) {
		return &config.Error{Pos: c.ContainerName.Pos, Msg: fmt.Sprintf("name: %q is no name for a container", c.ContainerName.V),
			Hint: "letters, digits, _ . and - only, two at least; ${…|slug} makes any value fit"}
	}
	if c.ContainerName.Pos.Source != nil && strings.HasPrefix(c.ContainerName.V, plan.DerivationPrefix) {
		return mistake.At(c.ContainerName, "name", "%q: names that begin with %s are ctenv's own", c.ContainerName.V, plan.DerivationPrefix)
	}
	if c.Hostname.Set && c.Hostname.V != "" && !ValidHostname(template.Plain(c.Hostname.V)) {
		return mistake.At(c.Hostname, "hostname", "%q is no host name: labels of letters, digits and -, at most 63 bytes in all", c.Hostname.V)
	}
	if c.Workdir.V != "auto" && c.Workdir.V != "" {
		p, err := x.ContainerPath(c.Workdir.V)
		if err != nil {
			e := mistake.Wrap(c.Workdir, "workdir", err).(*config.Error)
			if e.Hint != "" {
				target, _, _ := strings.Cut(c.ProjectTarget.V, ":")
				e.Hint = "write the whole path in the container"
				if rel, in := below.Rel(target, path.Join(target, c.Workdir.V)); in {
					e.Hint = "write " + path.Join(target, rel)
				}
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
			return mistake.Wrap(c.Platform, "platform", mistake.Refuse("Unsupported platform: not of the form os/arch[/variant]", hint))
		}
	}
	if strings.ContainsAny(c.Network.V, " \t\n") {
		return &config.Error{Pos: c.Network.Pos, Msg: fmt.Sprintf("network: %q is no name of a network", c.Network.V), Hint: "it holds a space"}
	}
	if s := c.Shell.V; strings.Contains(s, "/") && s[0] != '/' {
		return mistake.At(c.Shell, "shell", "%q is neither auto, a name nor an absolute path", s)
	}
	if s := c.Umask.V; s != "" {
		if _, err := runargs.ParseUmask(s); err != nil {
			return mistake.At(c.Umask, "umask", "%q is no umask: %v", s, err)
		}
	}
	return nil
}

// texts expands environment, commands and labels.
func (x *expansion) texts(d *Draft) error {
	c := &d.Settings
	for _, l := range []struct {
		list *[]config.String
		key  string
		mode template.Mode
	}{
		{&c.Env, "env", template.Hideable},
		{&c.PostStartCommands, "post_start_commands", template.ShellText},
		{&c.SetupCommands, "setup_commands", template.ShellText},
		{&c.Command.Args, "command", template.ShellText},
		{&c.Groups, "groups", template.Strict},
	} {
		if err := x.list(l.list, l.key, l.mode); err != nil {
			return err
		}
	}
	if c.Command.Shell.Set {
		if err := x.text(&c.Command.Shell, "command", template.ShellText); err != nil {
			return err
		}
	}
	for i := range c.EnvFile {
		if err := x.envFile(d, c.EnvFile[i], "env_file"); err != nil {
			return err
		}
	}
	for _, t := range []struct {
		table *[]config.Entry
		key   string
		mode  template.Mode
	}{{&c.Labels, "labels", template.Hideable}, {&c.Ulimits, "ulimits", template.Strict}} {
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

// envFile notes a file of variables, to be read before the plan is made. Its text is
// expanded already where run_args name it: once more, and a literal ${env.X} would take a
// variable that nobody was asked for.
func (x *expansion) envFile(d *Draft, s config.String, key string) error {
	sp := volume.Spec{At: s, Key: key}
	var err error
	if key == "env_file" {
		sp, err = x.file(s, key)
	} else {
		sp.Host, err = x.Path(s.V, s.Pos)
		err = mistake.Wrap(s, key, err)
	}
	d.EnvFiles = append(d.EnvFiles, EnvFile{sp, key != "env_file"})
	return err
}

// file is one that s names, to be read.
func (x *expansion) file(s config.String, key string) (volume.Spec, error) {
	sp := volume.Spec{At: s, Key: key}
	p, err := x.Vars.Expand(s, key, template.Strict)
	if err != nil {
		return sp, err
	}
	sp.Host, err = x.Path(p, s.Pos)
	return sp, mistake.Wrap(s, key, err)
}

// check looks at all that the settings and run_args have brought together.
func (x *expansion) check(d *Draft) error {
	for _, sp := range d.Mounted() {
		if err := sp.Check(); err != nil {
			return err
		}
	}
	for _, e := range d.Settings.Labels {
		if err := checkLabel(e); err != nil {
			return err
		}
	}
	for _, s := range d.Settings.Env {
		if err := checkVar(s); err != nil {
			return err
		}
	}
	return nil
}

// groups finds the supplementary groups that were asked for among the caller's.
func (x *expansion) groups(d *Draft) error {
	for _, g := range d.Settings.Groups {
		i := slices.IndexFunc(x.host.Groups, func(have wire.Group) bool { return string(have.Name) == g.V || strconv.Itoa(have.GID) == g.V })
		if i < 0 {
			return &config.Error{Pos: g.Pos, Msg: fmt.Sprintf("groups: you are not a member of group %q", g.V),
				Hint: "id shows the groups you have"}
		}
		d.User.Groups = append(d.User.Groups, x.host.Groups[i])
	}
	return nil
}

// ValidHostname says whether a machine can be called s.
func ValidHostname(s string) bool {
	if len(s) > 63 {
		return false
	}
	for _, label := range strings.Split(s, ".") {
		if label == "" || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.Trim(label, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	return true
}

// imageTag is what follows the last colon of the image's last path part, else
// "latest"; a digest is no tag. It is not known where the value of a mark may have it.
func imageTag(image string) (tag string, known bool) {
	image, _, _ = strings.Cut(image, "@")
	last := image[strings.LastIndexByte(image, '/')+1:]
	if i := strings.LastIndexByte(last, ':'); i >= 0 && i+1 < len(last) {
		return last[i+1:], true
	}
	return "latest", template.Plain(last) == last
}

func checkLabel(e config.Entry) error {
	switch {
	case plan.IsOwnLabel(e.Key):
		return mistake.At(e.Value, "labels", "%q is a label of ctenv's own", e.Key)
	case e.Key == "":
		return mistake.At(e.Value, "labels", "a label has no name")
	case strings.ContainsFunc(e.Key, unicode.IsSpace):
		// Docker's command refuses it too, so --dry-run could not be pasted.
		return mistake.At(e.Value, "labels", "%q: the name of a label holds no spaces", e.Key)
	}
	return nil
}
