package decide

import (
	"slices"
	"strings"

	"ctenv/internal/config"
	"ctenv/internal/expand"
	"ctenv/internal/look"
	"ctenv/internal/plan"
	"ctenv/internal/shelljoin"
	"ctenv/internal/wire"
)

// Derivation is how the image is derived that d runs, by what the configuration says,
// nil where its image is used as it is.
func Derivation(draft *expand.Draft) *plan.Derivation {
	d := decision{Draft: draft}
	i := d.install()
	if i == nil {
		return nil
	}
	out := &plan.Derivation{From: unmarked(d.Settings.Image.V), Platform: d.Settings.Platform.V, Install: *i, Verbosity: d.Host.Verbosity, Network: d.cutOff(), Limits: expand.Args(d.LimitOptions)}
	// With no-new-privileges sudo cannot work, and says so in the container.
	out.Install.Sudo = d.Settings.Sudo.V && !slices.ContainsFunc(d.Options, func(a expand.Option) bool {
		return a.Name == "security-opt" && strings.HasPrefix(a.Value, "no-new-privileges") && !strings.HasSuffix(a.Value, "false")
	})
	if out.What() == "" {
		return nil
	}
	return out
}

// ForDerivation is a draft short of what a container has and an image has not: its mounts,
// its certificates, and whatever file is missing. A machine that lacks those can make the
// image all the same, as one that only builds does.
func ForDerivation(draft *expand.Draft, seen look.Seen) *expand.Draft {
	d := *draft
	d.Volumes, d.Others, d.Certificates = nil, nil, nil
	d.Settings.ImageEntrypoint, d.Settings.SSHAgent, d.Settings.GitIdentity = config.Value[bool]{}, config.Value[bool]{}, config.Value[bool]{}
	missing := func(file string) bool { return !seen.Paths[file].Exists && seen.Paths[file].Err == nil }
	d.EnvFiles = slices.DeleteFunc(slices.Clone(d.EnvFiles), func(f expand.EnvFile) bool { return missing(f.Host) })
	limited := (&expand.Draft{Options: d.LimitOptions}).Profiles() // they hold for the image, too
	d.Options = slices.DeleteFunc(slices.Clone(d.Options), func(o expand.Option) bool {
		_, limit := limited[o.Profile()]
		return o.Profile() != "" && !limit
	})
	return &d
}

// install is what the configuration wants of an image but sudo, nil where it wants
// neither.
func (d *decision) install() *wire.Install {
	c := &d.Settings
	if !c.Sudo.V && len(c.Packages) == 0 && len(c.ImageCommands) == 0 {
		return nil
	}
	i := &wire.Install{Commands: texts(c.ImageCommands)}
	for _, p := range c.Packages {
		i.Packages = append(i.Packages, wire.Package{Manager: p.Key, Name: wire.Text(p.Value.V)})
	}
	// Their order is nothing to a package manager.
	slices.SortFunc(i.Packages, func(a, b wire.Package) int {
		return strings.Compare(a.Manager+" "+string(a.Name), b.Manager+" "+string(b.Name))
	})
	i.Packages = slices.Compact(i.Packages)
	if len(i.Commands) > 0 {
		i.CommandsJoined = shelljoin.Commands(i.Commands)
		i.Shell = wire.Text(c.Shell.V)
	}
	return i
}

// buildInstall decides where that is done: in an image that is derived, or in the
// container.
func (d *decision) buildInstall(p *plan.Plan) {
	if !d.Host.NoDerive {
		if p.Derive = Derivation(d.Draft); p.Derive != nil {
			p.Derive.Proxies = proxies(p.Env)
			p.Derive.Foreign = proxies(slices.DeleteFunc(slices.Clone(p.Env), func(v plan.Var) bool { return !v.Foreign }))
		}
		return
	}
	i := d.install()
	if i == nil || len(i.Packages) == 0 && len(i.Commands) == 0 {
		return
	}
	p.Request.Install = i
	for _, v := range p.Env {
		if !plan.IsProxy(v.Name) {
			p.Request.InstallHides = append(p.Request.InstallHides, v.Name)
		}
	}
}

// proxies are those among variables that say how something is fetched.
func proxies(env []plan.Var) []wire.Text {
	var out []wire.Text
	for _, v := range env {
		if plan.IsProxy(v.Name) {
			out = append(out, wire.Text(v.Name+"="+v.Value))
		}
	}
	return out
}
