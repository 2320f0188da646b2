package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/distribution/reference"

	"ctenv/internal/config"
	"ctenv/internal/mistake"
	"ctenv/internal/runargs"
	"ctenv/internal/shelljoin"
	"ctenv/internal/template"
	"ctenv/internal/wire"
)

// DerivedRepository is the name of all images that ctenv derives. No registry can have
// such a host (RFC 2606), so that nothing is ever pulled under that name, not by a build
// that starts from it either; and no build may have it.
const DerivedRepository = "ctenv.invalid/derived"

// The labels of a derived image.
const (
	// LabelDerived is the tag that it was given.
	LabelDerived = labelPrefix + "derived"
	// LabelDerivedFrom is the name of the image that it was made of.
	LabelDerivedFrom = labelPrefix + "derived_from"
)

// Derivation is an image made of another one, with what every user of it wants.
type Derivation struct {
	From     string // the other one's name
	Platform string // "os/arch[/variant]", or "" for the engine's own
	Install  wire.Install
	// Proxies are for programs that fetch something, the later over the earlier. They are
	// not in the image.
	Proxies []wire.Text `json:"-"`
	// Foreign are those of them that a project's file has written: what came through them is
	// for the projects that say the same.
	Foreign []wire.Text `json:"-"`
	// Network and Limits are what the caller's [limits] say of what runs there: "none", or "".
	Network   string        `json:"-"`
	Limits    []runargs.Arg `json:"-"`
	Verbosity int           `json:"-"`
}

// Recipe identifies what is done to an image, whichever it is.
func (d Derivation) Recipe() string {
	doc, err := json.Marshal(struct {
		Version  int
		Platform string
		Install  wire.Install
		Foreign  []wire.Text `json:",omitempty"`
	}{wire.DeriveVersion, d.Platform, d.Install, d.Foreign})
	if err != nil {
		return "" // it holds nothing that JSON has no word for
	}
	sum := sha256.Sum256(doc)
	return hex.EncodeToString(sum[:12])
}

// Tag is the tag of the image that is made of the one with the id base.
func (d Derivation) Tag(base string) string {
	sum := sha256.Sum256([]byte(base))
	return d.Recipe() + "-" + hex.EncodeToString(sum[:12])
}

// Name is the image's whole name.
func (d Derivation) Name(base string) string { return DerivedRepository + ":" + d.Tag(base) }

// What says in a few words what is put into the image.
func (d Derivation) What() string {
	var what []string
	if d.Install.Sudo {
		what = append(what, "sudo")
	}
	for _, p := range d.Install.Packages {
		if !slices.Contains(what, string(p.Name)) {
			what = append(what, string(p.Name))
		}
	}
	switch n := len(d.Install.Commands); {
	case n == 1:
		what = append(what, "1 image command")
	case n > 1:
		what = append(what, fmt.Sprintf("%d image commands", n))
	}
	return strings.Join(what, ", ")
}

// Derivation is how the image is derived that d runs, by what the configuration says,
// nil where its image is used as it is.
func (d *Draft) Derivation() *Derivation {
	i := d.install()
	if i == nil {
		return nil
	}
	out := &Derivation{From: d.c.Image.V, Platform: d.c.Platform.V, Install: *i, Verbosity: d.host.Verbosity, Network: d.cutOff(), Limits: d.limitArgs}
	// With no-new-privileges sudo cannot work, and says so in the container.
	out.Install.Sudo = d.c.Sudo.V && !slices.ContainsFunc(d.runArgs, func(a runargs.Arg) bool {
		return a.Name == "security-opt" && strings.HasPrefix(a.Value, "no-new-privileges") && !strings.HasSuffix(a.Value, "false")
	})
	if out.What() == "" {
		return nil
	}
	return out
}

// install is what the configuration wants of an image but sudo, nil where it wants
// neither.
func (d *Draft) install() *wire.Install {
	c := &d.c
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
func (d *Draft) buildInstall(p *Plan) {
	if !d.host.NoDerive {
		if p.Derive = d.Derivation(); p.Derive != nil {
			p.Derive.Proxies = proxies(p.Env)
			p.Derive.Foreign = proxies(slices.DeleteFunc(slices.Clone(p.Env), func(v Var) bool { return !v.Foreign }))
		}
		return
	}
	i := d.install()
	if i == nil || len(i.Packages) == 0 && len(i.Commands) == 0 {
		return
	}
	p.Request.Install = i
	for _, v := range p.Env {
		if !IsProxy(v.Name) {
			p.Request.InstallHides = append(p.Request.InstallHides, v.Name)
		}
	}
}

// proxies are those among variables that say how something is fetched.
func proxies(env []Var) []wire.Text {
	var out []wire.Text
	for _, v := range env {
		if IsProxy(v.Name) {
			out = append(out, wire.Text(v.Name+"="+v.Value))
		}
	}
	return out
}

// IsProxy says that a variable tells a program by which proxy to fetch something.
func IsProxy(name string) bool {
	return slices.Contains([]string{"http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy"}, strings.ToLower(name))
}

// image expands what belongs into the image. It serves every user and project, so
// that no name of either is known there.
func (x *expansion) install(d *Draft) error {
	ours := &template.Vars{Values: map[string]string{}}
	for _, name := range template.ImageNames {
		ours.Values[name] = x.vars.Values[name]
	}
	expand := func(s config.String, key string, m template.Mode) (config.String, error) {
		for _, name := range template.Names(s.V) {
			_, env := template.Variable(name)
			if _, known := x.vars.Values[name]; !env && (!known || slices.Contains(template.ImageNames, name)) {
				continue
			}
			if m == template.ShellText && (name == "HOME" || name == "USER") {
				continue // the shell's
			}
			return s, &config.Error{Pos: s.Pos, Msg: fmt.Sprintf("%s: ${%s} differs from user to user or from project to project, and the image serves them all", key, name),
				Hint: "post_start_commands and setup_commands may use it"}
		}
		var err error
		s.V, err = ours.Expand(s, key, m)
		return s, err
	}
	packages := make(config.Packages, len(d.c.Packages))
	for i, p := range d.c.Packages {
		key := "packages"
		if p.Key != "" {
			key += "." + p.Key
		}
		s, err := expand(p.Value, key, template.Strict)
		if err != nil {
			return err
		}
		if err := wire.ValidPackage(s.V); err != nil {
			return mistake.At(s, key, "%q: %v", s.V, err)
		}
		packages[i] = config.Entry{Key: p.Key, Value: s}
	}
	commands := make([]config.String, len(d.c.ImageCommands))
	for i, s := range d.c.ImageCommands {
		var err error
		if commands[i], err = expand(s, mistake.Item("image_commands", i, s), template.ShellText); err != nil {
			return err
		}
	}
	d.c.Packages, d.c.ImageCommands = packages, commands
	return nil
}

// isDerivedName says that a name of an image is one that only ctenv gives.
func isDerivedName(name string) bool {
	ref, err := reference.ParseNormalizedNamed(name)
	return err == nil && ref.Name() == DerivedRepository
}

// Announcement says which image a run starts from. Its tag ends in a hash of the id
// of the image that it is made of, which the engine knows.
func (d Derivation) Announcement() string {
	return fmt.Sprintf("a run starts from an image made once of %s with %s: %s:%s-…", d.From, d.What(), DerivedRepository, d.Recipe())
}
