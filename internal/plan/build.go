package plan

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"ctenv/internal/config"
	"ctenv/internal/runargs"
	"ctenv/internal/wire"
)

// The labels of every container, in the namespace of the Python tool, so that
// either tool lists the other's containers.
const (
	labelPrefix     = "se.osd.ctenv."
	LabelManaged    = labelPrefix + "managed"
	LabelVersion    = labelPrefix + "version"
	LabelProjectDir = labelPrefix + "project_dir"
	LabelContainer  = labelPrefix + "container"
)

// Build decides everything about the run. seen answers d.Wants. Errors about a value
// are *config.Error and come from what was seen: Expand has checked the value itself.
func Build(d *Draft, seen Seen, facts Facts) (Plan, error) {
	p, err := d.build(seen, facts)
	return p, found(err)
}

func (d *Draft) build(seen Seen, facts Facts) (Plan, error) {
	c := &d.c
	p := Plan{
		Container:     containerName(*c),
		Image:         c.Image.V,
		Platform:      c.Platform.V,
		Pull:          d.Pull(),
		Name:          c.ContainerName.V,
		Network:       c.Network.V,
		CreateNetwork: c.CreateNetwork.V,
		Entrypoint:    []string{wire.InitPath},
		RunArgs:       d.runArgs,
		Detach:        c.Detach.V,
	}
	p.Hostname = hostname(*c, d.runArgs)
	if p.Network == "none" && p.Hostname != "" {
		// Engines leave it out there, and sudo complains about a host that it
		// cannot resolve. 127.0.1.1 is Debian's address for a machine's own name.
		p.ExtraHosts = []string{p.Hostname + ":127.0.1.1"}
	}
	p.OpenStdin, p.TTY = streams(*c, d.host)

	if err := d.buildMounts(&p, seen); err != nil {
		return p, err
	}
	if err := d.buildWorkdir(&p); err != nil {
		return p, err
	}
	if d.host.ProjectDir == "" && d.c.AutoProjectMount.V {
		p.Warnings = append(p.Warnings, fmt.Sprintf("%q is mounted as the project only when -p names it; "+
			"auto_project_mount = false says that none is wanted", d.host.Cwd))
	}
	d.buildLabels(&p)
	if err := d.buildUlimits(&p); err != nil {
		return p, err
	}
	p.Request.User, p.Userns = identity(d.user, facts)
	if others := otherGroups(d.user); facts.Rootless && len(others) > 0 {
		p.Request.User.Groups = nil
		p.Warnings = append(p.Warnings, "groups: a rootless engine has no groups of yours in its containers, and leaves out "+groupList(others))
	}
	if facts.Podman {
		p.Request.EngineAccounts = !mountsAccounts(p)
		// Podman before 4.4 drops those of its Docker-compatible API.
		for _, u := range p.Ulimits {
			p.Request.Limits = append(p.Request.Limits, wire.Limit{Name: u.Name, Soft: u.Soft, Hard: u.Hard})
		}
	}
	p.Request.Shell = wire.Text(c.Shell.V)
	p.Request.Sudo = c.Sudo.V
	p.Request.Verbosity = d.host.Verbosity
	p.Request.Live = d.host.StderrTTY
	p.Request.PostStart = texts(c.PostStartCommands)
	p.Request.Setup = texts(c.SetupCommands)
	if err := d.buildEnv(&p, seen); err != nil {
		return p, err
	}
	d.buildCommand(&p, facts)
	if d.stay {
		d.buildStay(&p)
	}
	if d.host.HideEnv {
		d.warnOfHidden(&p)
	}
	return p, p.checkSize()
}

// otherGroups are a user's groups without the primary one.
func otherGroups(u wire.User) []wire.Group {
	return slices.DeleteFunc(slices.Clone(u.Groups), func(g wire.Group) bool { return g.GID == u.GID })
}

func groupList(groups []wire.Group) string {
	var all []string
	for _, g := range groups {
		all = append(all, fmt.Sprintf("%s (%d)", g.Name, g.GID))
	}
	return strings.Join(all, ", ")
}

// mountsAccounts says whether the caller may have mounted an account file.
func mountsAccounts(p Plan) bool {
	for _, m := range p.Request.Mounts {
		if _, ok := below("/etc", string(m)); ok {
			return true
		}
	}
	for _, a := range p.RunArgs {
		if a.Name == "volumes-from" {
			return true
		}
	}
	return false
}

// identity is whom the container's command runs as, and in which user namespace.
// On a rootless engine an id in the container is another one on the host. Podman
// can map the caller's to themselves. Docker maps root to the caller, so root is
// who the caller is there, under the caller's name.
func identity(u wire.User, facts Facts) (wire.User, string) {
	switch {
	case !facts.Rootless || u.UID == 0:
		return u, ""
	case facts.Podman:
		return u, UsernsKeepID
	}
	u.UID, u.GID = 0, 0
	return u, ""
}

// warnOfHidden says where the line of --dry-run does something else for the sake
// of values that it must not show, or because it changes nothing.
func (d *Draft) warnOfHidden(p *Plan) {
	for _, sp := range d.envFiles {
		p.Warnings = append(p.Warnings, fmt.Sprintf("%s: the values in %q stay names in this line; export them before you paste it", sp.key, sp.host))
	}
	for _, name := range d.vars.unslugged {
		env, _ := envName(name)
		p.Warnings = append(p.Warnings, fmt.Sprintf("${%s|slug} is $%s in this line, which is not slugged", name, env))
	}
	for _, hp := range p.HostPaths {
		what := "folder"
		if hp.File {
			what = "file"
		}
		p.Warnings = append(p.Warnings, fmt.Sprintf("make the %s %q before you paste this line, or the engine makes it as root", what, path.Join(hp.Root, hp.Rel)))
	}
}

func texts(values []config.String) []wire.Text {
	var out []wire.Text
	for _, v := range values {
		out = append(out, wire.Text(v.V))
	}
	return out
}

// hostname is the configured one, else the container's name where that is a
// valid label. A container that shares another's network or the host's UTS
// namespace has no name of its own, and one in the host's network could not
// resolve its name.
func hostname(c config.Container, args []runargs.Arg) string {
	if c.Hostname.Set {
		return c.Hostname.V
	}
	if strings.HasPrefix(c.Network.V, "container:") || c.Network.V == "host" {
		return ""
	}
	for _, a := range args {
		if a.Name == "uts" {
			return ""
		}
	}
	if !validHostname(c.Name) || strings.Contains(c.Name, ".") {
		return ""
	}
	return c.Name
}

// streams decides whether stdin is connected and whether there is a terminal. A
// background job must not read the terminal, nor put it into raw mode.
func streams(c config.Container, h Host) (stdin, tty bool) {
	stdin = c.Stdin.V && !c.Detach.V && !h.Background
	switch c.TTY.V {
	case "true":
		tty = true
	case "auto", "":
		tty = stdin && h.StdinTTY && h.StdoutTTY
	}
	return stdin, tty
}

// buildWorkdir chooses where the command starts. The engine itself is given only
// a folder that a mount makes: it would make any other one as root, on the host
// where that lies in a bind mount. ctenv-init goes the rest of the way.
func (d *Draft) buildWorkdir(p *Plan) error {
	dir := d.c.Workdir.V
	if dir == "auto" || dir == "" {
		dir = d.target
		if rel, ok := d.placeInProject(); ok {
			dir = path.Join(dir, rel)
		}
	}
	p.Request.Workdir = wire.Text(dir)
	p.WorkingDir = "/"
	for _, m := range p.Mounts {
		_, ok := below(m.Target, dir)
		if ok && m.Type == MountBind && len(m.Target) > len(p.WorkingDir) && utf8.ValidString(m.Target) && !d.isFile(m) {
			p.WorkingDir = m.Target
		}
	}
	return nil
}

// isFile says whether a mount cannot be a working directory.
func (d *Draft) isFile(m Mount) bool { return m.Target == wire.InitPath || d.files[m.Source] }

// placeInProject is the caller's current directory below the project, by name,
// or where names differ because of symlinks, by its real path.
func (d *Draft) placeInProject() (string, bool) {
	h := d.host
	if h.ProjectDir == "" {
		return "", false
	}
	if rel, ok := below(h.ProjectDir, h.Cwd); ok {
		return rel, true
	}
	if h.RealProjectDir == "" || h.RealCwd == "" {
		return "", false
	}
	return below(h.RealProjectDir, h.RealCwd)
}

func checkLabel(e config.Entry) error {
	switch {
	case strings.HasPrefix(e.Key, labelPrefix):
		return at(e.Value, "labels", "%q: labels that start with %s are ctenv's own", e.Key, labelPrefix)
	case e.Key == "":
		return at(e.Value, "labels", "a label has no name")
	case strings.ContainsFunc(e.Key, unicode.IsSpace):
		// Docker's command refuses it too, so --dry-run could not be pasted.
		return at(e.Value, "labels", "%q: the name of a label holds no spaces", e.Key)
	}
	return nil
}

func (d *Draft) buildLabels(p *Plan) {
	p.Labels = map[string]string{}
	for _, e := range d.c.Labels {
		p.Labels[e.Key] = e.Value.V
	}
	own := map[string]string{
		LabelManaged:    "true",
		LabelVersion:    d.host.Version,
		LabelProjectDir: projectDir(d.host),
		LabelContainer:  p.Container,
	}
	for k, v := range own {
		p.Labels[k] = v
	}
	if p.CreateNetwork {
		p.NetworkLabels = map[string]string{LabelManaged: "true", LabelVersion: d.host.Version}
	}
}

func (d *Draft) buildUlimits(p *Plan) error {
	index := map[string]int{}
	for _, e := range d.c.Ulimits {
		u := Ulimit{Name: e.Key}
		var err error
		if u.Soft, u.Hard, err = config.ParseUlimit(e.Value.V); err != nil {
			return at(e.Value, "ulimits", "%s: %v", e.Key, err)
		}
		if i, ok := index[u.Name]; ok {
			p.Ulimits[i] = u
			continue
		}
		index[u.Name] = len(p.Ulimits)
		p.Ulimits = append(p.Ulimits, u)
	}
	return nil
}

// buildCommand chooses what runs: the command line's, the file's, the image's
// where image_entrypoint asks for it, else a shell.
func (d *Draft) buildCommand(p *Plan, facts Facts) {
	c := &d.c
	var args []string
	switch {
	case len(d.args) > 0:
		args = d.args
	case c.Command.Shell.Set && !c.ImageEntrypoint.V:
		p.Request.Command = wire.Command{Kind: wire.CommandText, Text: wire.Text(c.Command.Shell.V)}
		return
	case c.Command.Shell.Set:
		args = []string{"/bin/sh", "-c", c.Command.Shell.V}
	case len(c.Command.Args) > 0:
		for _, a := range c.Command.Args {
			args = append(args, a.V)
		}
	case c.ImageEntrypoint.V:
		args = facts.ImageCmd
	}
	if c.ImageEntrypoint.V {
		args = append(append([]string{}, facts.ImageEntrypoint...), args...)
	}
	if len(args) == 0 {
		p.Request.Command = wire.Command{Kind: wire.CommandShell}
		return
	}
	for _, a := range args {
		if !utf8.ValidString(a) {
			p.Request.Command = wire.Command{Kind: wire.CommandArgs, Args: wire.Texts(args)}
			return
		}
	}
	p.Request.Command = wire.Command{Kind: wire.CommandArgv}
	p.Cmd = args
}
