// Package decide makes every decision of a run, from values alone: no file, clock,
// environment or engine is looked at here.
package decide

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"ctenv/internal/below"
	"ctenv/internal/config"
	"ctenv/internal/expand"
	"ctenv/internal/look"
	"ctenv/internal/mistake"
	"ctenv/internal/plan"
	"ctenv/internal/runargs"
	"ctenv/internal/shelljoin"
	"ctenv/internal/shellquote"
	"ctenv/internal/template"
	"ctenv/internal/volume"
	"ctenv/internal/wire"
)

// Plan decides everything about the run. seen answers d.Wants. Errors about a value
// are *config.Error and come from what was seen: expand has checked the value itself.
func Plan(d *expand.Draft, seen look.Seen, facts look.Facts) (plan.Plan, error) {
	p, err := (&decision{Draft: d, files: map[string]bool{}}).build(seen, facts)
	return p, expand.Redact(mistake.Found(err), d.Raw, d.Host.Env)
}

// decision is what is noted on the way to a plan. The draft stays as it is.
type decision struct {
	*expand.Draft
	files map[string]bool // host paths, and whether they are no directories
	homes []string        // the caller's home, by name and with its symlinks resolved
	taken int             // bytes of files, each as often as it is named
	// fromGit are the variables that have git's identity, and nothing that the files say.
	fromGit map[string]bool
}

func (d *decision) build(seen look.Seen, facts look.Facts) (plan.Plan, error) {
	c := &d.Settings
	p := plan.Plan{
		Container:     d.Container(),
		Image:         c.Image.V,
		Platform:      c.Platform.V,
		Pull:          d.Pull(),
		Name:          c.ContainerName.V,
		Network:       c.Network.V,
		CreateNetwork: c.CreateNetwork.V,
		Entrypoint:    []string{wire.InitPath},
		RunArgs:       expand.Args(d.Options),
		Detach:        c.Detach.V,
		Warnings:      slices.Clone(d.Warnings),
	}
	p.Hostname = hostname(*c, &p)
	if p.Network == "none" && p.Hostname != "" {
		// Engines leave it out there, and sudo complains about a host that it
		// cannot resolve. 127.0.1.1 is Debian's address for a machine's own name.
		p.ExtraHosts = []string{p.Hostname + ":127.0.1.1"}
	}
	p.OpenStdin, p.TTY = streams(*c, d.Host)

	if err := d.buildMounts(&p, seen); err != nil {
		return p, err
	}
	if err := d.checkEngine(p, facts); err != nil {
		return p, err
	}
	d.buildParents(&p, seen)
	d.buildWorktrees(&p, seen)
	d.buildWorkdir(&p, seen, facts)
	if d.Host.ProjectDir == "" && d.Settings.AutoProjectMount.V {
		p.Warnings = append(p.Warnings, fmt.Sprintf("nothing of %q is mounted: it is the project only when -p names it; "+
			"auto_project_mount = false says that none is wanted", d.Host.Cwd))
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
	if d.Stay {
		d.buildStay(&p, facts)
	}
	if d.Host.HideEnv {
		d.warnOfHidden(&p, seen)
	}
	for i, w := range p.Warnings {
		p.Warnings[i] = unmarked(w)
	}
	return p, checkSize(&p)
}

// buildUser decides who the command runs as on this engine.
func (d *decision) buildUser(p *plan.Plan, facts look.Facts) {
	p.Request.User, p.Userns = identity(d.User, facts)
	p.Request.Owners = insideOwners(p.Request.Owners, d.User, p.Request.User, facts)
	if others := otherGroups(d.User); facts.Rootless && len(others) > 0 {
		p.Request.User.Groups = nil
		p.Warnings = append(p.Warnings, "groups: a rootless engine has no groups of yours in its containers, and leaves out "+groupList(others))
	}
	d.compareBinds(p, facts)
	if facts.Podman {
		p.Request.EngineAccounts = !mountsAccounts(p)
		// Podman before 4.4 drops those of its Docker-compatible API.
		for _, u := range p.Ulimits {
			p.Request.Limits = append(p.Request.Limits, wire.Limit{Name: u.Name, Soft: u.Soft, Hard: u.Hard})
		}
	}
}

// buildRequest tells ctenv-init what needs no more than the draft.
func (d *decision) buildRequest(p *plan.Plan) {
	c := &d.Settings
	p.Request.Umask = wire.UmaskText(d.Host.Umask)
	d.buildPodmans(p)
	p.Request.OtherVolumes, p.Request.OtherIPC = sharesVolumes(p), sharesIPC(p)
	p.Request.Shell = wire.Text(c.Shell.V)
	p.Request.Image, p.Request.Container = wire.Text(p.Image), wire.Text(p.Container)
	p.Request.Sudo = c.Sudo.V
	if !d.Health.Off.Set { // which may be a limit
		p.Request.Health = wire.Text(d.Health.Cmd.V)
	}
	p.Request.Verbosity = d.Host.Verbosity
	p.Request.Live = d.Host.StderrTTY
	p.Request.PostStart = texts(c.PostStartCommands)
	p.Request.Setup = texts(c.SetupCommands)
	if c.Sudo.V || len(c.PostStartCommands)+len(c.SetupCommands)+len(c.Packages)+len(c.ImageCommands) > 0 {
		p.Request.Progress = d.progress()
	}
	p.Request.PostStartWritten, p.Request.SetupWritten = written(d.Raw.PostStartCommands), written(d.Raw.SetupCommands)
	p.Request.PostStartJoined = shelljoin.Commands(p.Request.PostStart)
	p.Request.SetupJoined = shelljoin.Commands(p.Request.Setup)
}

// checkEngine refuses mounts that the engine at hand has no word for.
func (d *decision) checkEngine(p plan.Plan, facts look.Facts) error {
	for _, sp := range d.Volumes {
		if sp.Podman != "" && facts.Known && !facts.Podman {
			return &config.Error{Pos: sp.At.Pos, Msg: fmt.Sprintf("%s: %q: %s is podman's own option, and the engine is docker's", sp.Key, sp.At.V, sp.Podman),
				Hint: "leave it out, or set runtime = \"podman\""}
		}
	}
	if err := d.checkPodmans(facts); err != nil {
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
func mountsAccounts(p *plan.Plan) bool {
	return sharesVolumes(p) || slices.ContainsFunc(p.Request.Mounts, func(m wire.Text) bool {
		_, in := below.Rel("/etc", string(m))
		return in
	})
}

// identity is whom the container's command runs as, and in which user namespace.
// On a rootless engine an id in the container is another one on the host. Podman
// can map the caller's to themselves. Docker maps root to the caller, so root is
// who the caller is there, under the caller's name.
func identity(u wire.User, facts look.Facts) (wire.User, string) {
	switch {
	case !facts.Rootless || u.UID == 0:
		return u, ""
	case facts.Podman:
		return u, plan.UsernsKeepID
	}
	u.UID, u.GID = 0, 0
	return u, ""
}

// warnOfHidden says where the line of --dry-run does something else for the sake
// of values that it must not show, or because it changes nothing.
func (d *decision) warnOfHidden(p *plan.Plan, seen look.Seen) {
	read := func(sp volume.Spec) bool { _, read := seen.Files[sp.Host]; return read }
	for _, sp := range d.Read() {
		if !read(sp) {
			p.Warnings = append(p.Warnings, fmt.Sprintf("%s: %q is read once all that the file asks for is allowed, and this line is without what it holds", sp.Key, sp.Host))
		}
	}
	for _, sp := range d.EnvFiles {
		if !read(sp.Spec) {
			continue
		}
		p.Warnings = append(p.Warnings, fmt.Sprintf("%s: the values in %q stay names in this line; export them before you paste it", sp.Key, sp.Host))
	}
	for _, name := range d.Unslugged {
		if env, ok := template.Variable(name); ok {
			p.Warnings = append(p.Warnings, fmt.Sprintf("${%s|slug} is $%s in this line, which is not slugged", name, env))
		} else {
			p.Warnings = append(p.Warnings, fmt.Sprintf("${%s|slug} has the value of a variable in this line, which is not slugged", name))
		}
	}
	for _, name := range d.UnseenPaths() {
		p.Warnings = append(p.Warnings, fmt.Sprintf("%s: if %s names a file, this line is without it: the variable is not allowed", expand.EnvPathsKey, name))
	}
	for _, hp := range p.HostPaths {
		what := "directory"
		if hp.File {
			what = "file"
		}
		p.Warnings = append(p.Warnings, fmt.Sprintf("make the %s %q before you paste this line, or the engine makes it as root", what, path.Join(hp.Root, hp.Rel)))
	}
}

// unmarked is a text for a person, with the names of variables where marks are.
func unmarked(text string) string {
	return shellquote.Unmarked(text, func(name string) string { return "${env." + name + "}" })
}

// written are commands without their values, nil where none has one of the host's.
func written(commands []config.String) []wire.Text {
	all := texts(commands)
	if !template.TakeVariables(wire.Strings(all)) {
		return nil
	}
	return all
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
func hostname(c config.Container, p *plan.Plan) string {
	if c.Hostname.Set {
		return c.Hostname.V
	}
	if _, uts := p.Option("uts"); uts || strings.HasPrefix(c.Network.V, "container:") || c.Network.V == "host" {
		return ""
	}
	if !expand.ValidHostname(c.Name) || strings.Contains(c.Name, ".") {
		if c.Network.V == "none" {
			return unnamedHost // the engine's choice is a name that nothing there resolves
		}
		return ""
	}
	return c.Name
}

// streams decides whether stdin is connected and whether there is a terminal. A
// background job must not read the terminal, nor put it into raw mode.
func streams(c config.Container, h look.Host) (stdin, tty bool) {
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
func (d *decision) progress() string {
	switch v := d.Host.Verbosity; {
	case v > 0, d.Settings.Progress.V == "plain":
		return ""
	case v < 0, d.Settings.Progress.V == "quiet":
		return wire.ProgressQuiet
	case d.Host.StderrTTY && !d.Settings.Detach.V:
		return wire.ProgressLines
	}
	return ""
}

func (d *decision) buildLabels(p *plan.Plan) {
	p.Labels = map[string]string{}
	for _, e := range d.Settings.Labels {
		p.Labels[e.Key] = e.Value.V
	}
	own := map[string]string{
		plan.LabelManaged:    "true",
		plan.LabelVersion:    d.Host.Version,
		plan.LabelProjectDir: d.Host.Project(),
		plan.LabelContainer:  p.Container,
		plan.LabelUID:        strconv.Itoa(d.Host.User.UID),
		// A container has the labels of its image too, but for those that it has itself.
		plan.LabelStays:  "",
		plan.LabelClient: d.Host.Client,
		plan.LabelConfig: "",
		plan.LabelWord:   "",
	}
	maps.Copy(p.Labels, own)
	p.VolumeLabels = map[string]string{plan.LabelManaged: "true", plan.LabelProjectDir: d.Host.Project(), plan.LabelUID: strconv.Itoa(d.Host.User.UID)}
	if p.CreateNetwork {
		p.NetworkLabels = map[string]string{plan.LabelManaged: "true", plan.LabelVersion: d.Host.Version, plan.LabelUID: own[plan.LabelUID], plan.LabelProjectDir: own[plan.LabelProjectDir], plan.LabelClient: own[plan.LabelClient]}
	}
}

func (d *decision) buildUlimits(p *plan.Plan) error {
	for _, e := range d.Settings.Ulimits {
		soft, hard, err := config.ParseUlimit(e.Value.V)
		if err != nil {
			return mistake.At(e.Value, "ulimits", "%s: %v", e.Key, err)
		}
		p.Ulimits = append(p.Ulimits, plan.Ulimit{Name: e.Key, Soft: soft, Hard: hard})
	}
	return nil
}

// buildCommand chooses what runs: the command line's, the file's, the image's
// where image_entrypoint asks for it, else a shell.
func (d *decision) buildCommand(p *plan.Plan, facts look.Facts) {
	c := &d.Settings
	var args []string
	switch {
	case len(d.Args) > 0:
		args = d.Args
	case c.Command.Shell.Set && !c.ImageEntrypoint.V:
		d.warnOfShell(p, strings.Fields(c.Command.Shell.V))
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
	d.warnOfShell(p, args)
	if len(args) == 0 {
		p.Request.Command = wire.Command{Kind: wire.CommandShell}
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

// warnOfShell says of a detached shell that has nothing to do that it is over at once.
func (d *decision) warnOfShell(p *plan.Plan, args []string) {
	what := "no command"
	if len(args) > 0 {
		what = strings.Join(args, " ")
		for _, option := range args[1:] {
			if !strings.HasPrefix(option, "-") || strings.Contains(option, "c") {
				return
			}
		}
	}
	nothing := len(args) == 0 && !d.Settings.ImageEntrypoint.V // a dry run does not know the image's
	if p.Detach && !p.TTY && !d.Stay && (nothing || len(args) > 0 && slices.Contains(shells, path.Base(args[0]))) {
		p.Warnings = append(p.Warnings, what+": detached, a shell has no input and ends at once; `ctenv start` makes a container that stays")
	}
}

var shells = []string{"bash", "sh", "zsh", "dash", "ash", "fish", "ksh"}

// sharesVolumes says whether the container has another one's mounts.
func sharesVolumes(p *plan.Plan) bool {
	_, shares := p.Option("volumes-from")
	return shares
}

// sharesIPC says whether the container is in an IPC namespace that is not its own.
func sharesIPC(p *plan.Plan) bool {
	return slices.ContainsFunc(p.RunArgs, func(a runargs.Arg) bool {
		return a.Name == "ipc" && a.Value != "none" && a.Value != "private" && a.Value != "shareable"
	})
}
