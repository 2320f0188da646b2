package decide

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"ctenv/internal/expand"
	"ctenv/internal/look"
	"ctenv/internal/plan"
	"ctenv/internal/wire"
)

// fingerprinted is what tells one configuration of a container that stays from another:
// all that its files say and that its set-up has used. What differs between two calls
// with one configuration is no part of it: the process, the terminal, the caller's place
// in the project and umask, what exists on the host by now, values that are passed from
// the host, git's identity among them, and the ctenv that is installed.
//
// A field that is new here, or in one of the types, leaves itself out where it is not
// set: else each container that runs would be "changed" by the next release of ctenv.
// testdata/fingerprint.json holds that.
type fingerprinted struct {
	Image, Platform, Pull   string
	Name, Hostname, Network string
	CreateNetwork           bool
	User                    wire.User

	Passes   []string    // the items of env that pass variables
	Env      []string    // NAME=value that are set, in files and in env
	RawEnv   []wire.Text // those that are not UTF-8
	Mounts   []plan.Mount
	Chown    []wire.Text
	Labels   map[string]string
	Ulimits  []plan.Ulimit
	RunArgs  []string
	Profiles map[string]string `json:",omitempty"`
	Health   wire.Text

	Certificates wire.Text `json:",omitempty"`
	GitIdentity  bool      `json:",omitempty"`

	Packages      []wire.Package `json:",omitempty"`
	ImageCommands []wire.Text    `json:",omitempty"`
	Umask         string         `json:",omitempty"`
	Timeout       int            `json:",omitempty"` // seconds

	Shell     wire.Text
	PostStart []wire.Text
	Setup     []wire.Text
	Sudo      bool
	Build     *plan.ImageBuild
}

// passing is what env passes from the host: its items, and the variables that they
// passed. What env_file holds is none of them.
type passing struct {
	items []string
	names map[string]bool
}

func (d *decision) passing() passing {
	p := passing{names: map[string]bool{}}
	for _, s := range d.Settings.Env {
		name, _, set := strings.Cut(s.V, "=")
		if set {
			delete(p.names, name)
			continue
		}
		p.items = append(p.items, name)
		for _, n := range d.Passed(name) {
			p.names[n] = true
		}
	}
	return p
}

// fingerprint identifies the configuration behind p, by the document that it is the sum
// of.
func (d *decision) fingerprint(p *plan.Plan, facts look.Facts) (sum string, doc []byte) {
	passed := d.passing()
	maps.Copy(passed.names, d.fromGit)
	f := fingerprinted{
		Image: p.Image, Platform: p.Platform, Pull: p.Pull,
		Name: p.Name, Hostname: p.Hostname, Network: p.Network, CreateNetwork: p.CreateNetwork,
		User: p.Request.User, Passes: passed.items, Chown: p.Request.Chown, Labels: map[string]string{},
		Ulimits: p.Ulimits, Profiles: p.Profiles, Health: p.Request.Health, Certificates: p.Request.Certificates,
		Shell: p.Request.Shell, PostStart: p.Request.PostStart, Setup: p.Request.Setup, Sudo: p.Request.Sudo,
		GitIdentity: d.Settings.GitIdentity.V, Build: d.imageBuild(), Umask: cmp.Or(d.Podmans.Umask, d.Settings.Umask.V), Timeout: d.Podmans.Timeout,
	}
	if i := d.install(); i != nil {
		f.Packages, f.ImageCommands = i.Packages, i.Commands
	}
	for _, v := range p.Env {
		// Proxies are the machine's, not the configuration's, and are others at home.
		if !passed.names[v.Name] && !(v.FromHost && !v.Foreign && slices.Contains(facts.Proxies, v.Name+"="+v.Value)) {
			f.Env = append(f.Env, v.Name+"="+v.Value)
		}
	}
	for _, kv := range p.Request.Env {
		if name, _, _ := strings.Cut(string(kv), "="); !passed.names[name] {
			f.RawEnv = append(f.RawEnv, kv)
		}
	}
	for _, m := range p.Mounts {
		if slices.ContainsFunc(p.Request.Worktrees, func(w wire.Place) bool { return string(w.Path) == m.Target }) {
			continue // for a worktree that the host has by now
		}
		// The agent's socket is another one in each session; that there is one, its variable says.
		if !wire.IsInit(m.Target) && !wire.IsDir(m.Target) && m.Target != expand.AgentSocket {
			f.Mounts = append(f.Mounts, m)
		}
	}
	for name, value := range p.Labels {
		if !plan.IsOwnLabel(name) {
			f.Labels[name] = value
		}
	}
	for _, a := range p.RunArgs {
		f.RunArgs = append(f.RunArgs, a.String())
	}
	doc, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return "", nil // it holds nothing that JSON has no word for
	}
	all := sha256.Sum256(doc)
	return hex.EncodeToString(all[:16]), doc
}
