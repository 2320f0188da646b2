package plan

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"ctenv/internal/config"
	"ctenv/internal/mistake"
	"ctenv/internal/runargs"
	"ctenv/internal/shelljoin"
	"ctenv/internal/template"
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
	// LabelUID is the caller's: a project may be shared, an account is not.
	LabelUID = labelPrefix + "uid"
	// LabelClient is the process that makes and starts the container (package procid).
	LabelClient = labelPrefix + "client"
	// LabelProjectThere is where the project is on the engine's machine, for a ctenv that is
	// in a container itself: many of those have their project at one path. Else "".
	LabelProjectThere = labelPrefix + "project_there"
)

// Build decides everything about the run. seen answers d.Wants. Errors about a value
// are *config.Error and come from what was seen: Expand has checked the value itself.
func Build(d *Draft, seen Seen, facts Facts) (Plan, error) {
	// A copy: what is noted on the way is of this plan, and d stays as Expand made it.
	own := *d
	own.proxies = facts.Proxies
	p, err := own.build(seen, facts)
	return p, redact(mistake.Found(err), d.raw, d.host.Env)
}

func (d *Draft) build(seen Seen, facts Facts) (Plan, error) {
	c := &d.c
	p := Plan{
		Container:     ContainerName(*c),
		Image:         c.Image.V,
		Platform:      c.Platform.V,
		Pull:          d.Pull(),
		Name:          c.ContainerName.V,
		Network:       c.Network.V,
		CreateNetwork: c.CreateNetwork.V,
		Entrypoint:    []string{wire.InitPath},
		RunArgs:       d.runArgs,
		Detach:        c.Detach.V,
		Warnings:      slices.Clone(d.warnings),
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
	if err := d.checkEngine(p, facts); err != nil {
		return p, err
	}
	d.buildParents(&p, seen)
	d.buildWorktrees(&p, seen)
	d.buildWorkdir(&p, seen, facts)
	if d.host.ProjectDir == "" && d.c.AutoProjectMount.V {
		p.Warnings = append(p.Warnings, fmt.Sprintf("%q is mounted as the project only when -p names it; "+
			"auto_project_mount = false says that none is wanted", d.host.Cwd))
	}
	d.buildLabels(&p)
	if err := d.buildUlimits(&p); err != nil {
		return p, err
	}
	d.buildUser(&p, facts)
	d.buildRequest(&p)
	if err := d.buildEnv(&p, seen, facts); err != nil {
		return p, err
	}
	if err := d.buildProfiles(&p, seen); err != nil {
		return p, err
	}
	if err := d.buildCertificates(&p, seen); err != nil {
		return p, err
	}
	d.buildInstall(&p)
	d.buildCommand(&p, facts)
	if d.stay {
		d.buildStay(&p, facts)
	}
	if d.host.HideEnv {
		d.warnOfHidden(&p)
	}
	return p, p.checkSize()
}

// buildUser decides who the command runs as on this engine.
func (d *Draft) buildUser(p *Plan, facts Facts) {
	p.Request.User, p.Userns = identity(d.user, facts)
	p.Request.Owners = insideOwners(p.Request.Owners, d.user, p.Request.User, facts)
	if others := otherGroups(d.user); facts.Rootless && len(others) > 0 {
		p.Request.User.Groups = nil
		p.Warnings = append(p.Warnings, "groups: a rootless engine has no groups of yours in its containers, and leaves out "+groupList(others))
	}
	d.compareBinds(p, facts)
	if facts.Podman {
		p.Request.EngineAccounts = !mountsAccounts(*p)
		// Podman before 4.4 drops those of its Docker-compatible API.
		for _, u := range p.Ulimits {
			p.Request.Limits = append(p.Request.Limits, wire.Limit{Name: u.Name, Soft: u.Soft, Hard: u.Hard})
		}
	}
}

// buildRequest tells ctenv-init what needs no more than the draft.
func (d *Draft) buildRequest(p *Plan) {
	c := &d.c
	p.Request.Umask = wire.UmaskText(d.host.Umask)
	d.podmans.build(p)
	p.Request.OtherVolumes, p.Request.OtherIPC = p.sharesVolumes(), p.sharesIPC()
	p.Request.Shell = wire.Text(c.Shell.V)
	p.Request.Image, p.Request.Container = wire.Text(p.Image), wire.Text(p.Container)
	p.Request.Sudo = c.Sudo.V
	if !d.health.off.Set { // which may be a limit
		p.Request.Health = wire.Text(d.health.cmd.V)
	}
	p.Request.Verbosity = d.host.Verbosity
	p.Request.Live = d.host.StderrTTY
	p.Request.PostStart = texts(c.PostStartCommands)
	p.Request.Setup = texts(c.SetupCommands)
	if c.Sudo.V || len(c.PostStartCommands)+len(c.SetupCommands)+len(c.Packages)+len(c.ImageCommands) > 0 {
		p.Request.Progress = d.progress()
	}
	p.Request.PostStartWritten, p.Request.SetupWritten = written(d.raw.PostStartCommands), written(d.raw.SetupCommands)
	p.Request.PostStartJoined = shelljoin.Commands(p.Request.PostStart)
	p.Request.SetupJoined = shelljoin.Commands(p.Request.Setup)
}

// checkEngine refuses mounts that the engine at hand has no word for.
func (d *Draft) checkEngine(p Plan, facts Facts) error {
	for _, sp := range d.volumes {
		if sp.podman != "" && facts.Known && !facts.Podman {
			return &config.Error{Pos: sp.at.Pos, Msg: fmt.Sprintf("%s: %q: %s is podman's own option, and the engine is docker's", sp.key, sp.at.V, sp.podman),
				Hint: "leave it out, or set runtime = \"podman\""}
		}
	}
	if err := d.podmans.check(facts); err != nil {
		return err
	}
	for _, m := range p.Mounts {
		// Its API has two words for a mount: one ends a path at a comma or a quote, the other at a colon.
		if both := m.Source + m.Target; facts.Podman && strings.Contains(both, ":") && (m.Podman != "" || strings.ContainsAny(both, ",\"\r\n")) {
			return &config.Error{Msg: fmt.Sprintf("%q at %s: podman takes no path with both a colon and a comma or a quote", m.Source, m.Target),
				Hint: "rename it, or mount a directory above it"}
		}
	}
	return nil
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
	return p.sharesVolumes()
}

// sharesVolumes says whether the container has another one's mounts.
func (p *Plan) sharesVolumes() bool {
	return slices.ContainsFunc(p.RunArgs, func(a runargs.Arg) bool { return a.Name == "volumes-from" })
}

// sharesIPC says whether the container is in an IPC namespace that is not its own.
func (p *Plan) sharesIPC() bool {
	return slices.ContainsFunc(p.RunArgs, func(a runargs.Arg) bool {
		return a.Name == "ipc" && a.Value != "none" && a.Value != "private" && a.Value != "shareable"
	})
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
	for _, name := range d.vars.Unslugged {
		env, _ := template.Variable(name)
		p.Warnings = append(p.Warnings, fmt.Sprintf("${%s|slug} is $%s in this line, which is not slugged", name, env))
	}
	for _, hp := range p.HostPaths {
		what := "directory"
		if hp.File {
			what = "file"
		}
		p.Warnings = append(p.Warnings, fmt.Sprintf("make the %s %q before you paste this line, or the engine makes it as root", what, path.Join(hp.Root, hp.Rel)))
	}
}

// written are commands without their values, nil where none has one of the host's.
func written(commands []config.String) []wire.Text {
	if !template.TakeVariables(raws(commands)) {
		return nil
	}
	return texts(commands)
}

func texts(values []config.String) []wire.Text {
	var out []wire.Text
	for _, v := range values {
		out = append(out, wire.Text(v.V))
	}
	return out
}

// unnamedHost is the host name of a container without a name, where it needs one.
const unnamedHost = "ctenv"

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
		if c.Network.V == "none" {
			return unnamedHost // the engine's choice is a name that nothing there resolves
		}
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

// progress is how the commands of set-up are shown. In the background there is a log.
func (d *Draft) progress() string {
	switch v := d.host.Verbosity; {
	case v > 0, d.c.Progress.V == "plain":
		return ""
	case v < 0, d.c.Progress.V == "quiet":
		return wire.ProgressQuiet
	case d.host.StderrTTY && !d.c.Detach.V:
		return wire.ProgressLines
	}
	return ""
}

// OwnLabels are those that every container of ctenv has, and only from ctenv.
var OwnLabels = []string{LabelManaged, LabelVersion, LabelProjectDir, LabelContainer, LabelUID, LabelStays, LabelConfig, LabelClient}

// ownLabel: LabelProjectThere is added when the engine is known.
func ownLabel(name string) bool {
	return name == LabelProjectThere || slices.Contains(OwnLabels, name)
}

func checkLabel(e config.Entry) error {
	switch {
	case ownLabel(e.Key):
		return mistake.At(e.Value, "labels", "%q is a label of ctenv's own", e.Key)
	case e.Key == "":
		return mistake.At(e.Value, "labels", "a label has no name")
	case strings.ContainsFunc(e.Key, unicode.IsSpace):
		// Docker's command refuses it too, so --dry-run could not be pasted.
		return mistake.At(e.Value, "labels", "%q: the name of a label holds no spaces", e.Key)
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
		LabelUID:        strconv.Itoa(d.host.User.UID),
		// A container has the labels of its image too, but for those that it has itself.
		LabelStays:  "",
		LabelClient: d.host.Client,
		LabelConfig: "",
	}
	for k, v := range own {
		p.Labels[k] = v
	}
	p.VolumeLabels = map[string]string{LabelManaged: "true", LabelProjectDir: projectDir(d.host), LabelUID: strconv.Itoa(d.host.User.UID)}
	if p.CreateNetwork {
		p.NetworkLabels = map[string]string{LabelManaged: "true", LabelVersion: d.host.Version, LabelUID: own[LabelUID], LabelProjectDir: own[LabelProjectDir], LabelClient: own[LabelClient]}
	}
}

func (d *Draft) buildUlimits(p *Plan) error {
	index := map[string]int{}
	for _, e := range d.c.Ulimits {
		u := Ulimit{Name: e.Key}
		var err error
		if u.Soft, u.Hard, err = config.ParseUlimit(e.Value.V); err != nil {
			return mistake.At(e.Value, "ulimits", "%s: %v", e.Key, err)
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
		if p.Detach && !p.TTY && !d.stay {
			p.Warnings = append(p.Warnings, "no command: detached, a shell has no input and ends at once; `ctenv start` makes a container that stays")
		}
		return
	}
	// With a health check, whose argument stands there; and where the API has no way to say it.
	inRequest := p.Request.Health != "" || slices.ContainsFunc(args, func(a string) bool { return !utf8.ValidString(a) })
	if inRequest {
		p.Request.Command = wire.Command{Kind: wire.CommandArgs, Args: wire.Texts(args)}
		return
	}
	p.Request.Command = wire.Command{Kind: wire.CommandArgv}
	p.Cmd = args
}
