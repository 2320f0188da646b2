// Package grants says what a project's file asks for beyond its project.
package grants

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"ctenv/internal/below"
	"ctenv/internal/config"
	"ctenv/internal/dotenv"
	"ctenv/internal/expand"
	"ctenv/internal/look"
	"ctenv/internal/plan"
	"ctenv/internal/template"
	"ctenv/internal/volume"
)

// Grant is one thing beyond its own directory that a project's file asks for.
type Grant struct {
	Kind  string // of config.GrantKinds
	Value string // resolved: a real path, a name; never the value of a variable
	Pos   config.Pos
	// Unless is what an engine has to be asked for first, "" for nothing: the name of a volume
	// or an image, which it may not have, or have from this project, or UnlessDocker.
	Unless string
	// Refused is why nobody can grant it, "" where it can be. With Unless the engine is asked
	// first.
	Refused, Hint string
}

// UnlessDocker is Grant.Unless for what docker does without harm.
const UnlessDocker = "docker"

// Key identifies what is granted, wherever the file asks for it.
func (g Grant) Key() string { return g.Kind + " " + g.Value }

// Of is what the project's files ask for beyond the project, in the order of
// config.GrantKinds. What the command line, --config, the user's or the system's file
// say is the caller's own and none of it. seen answers the paths of d.Wants, and
// d.OwnFiles.
func Of(draft *expand.Draft, seen look.Seen) []Grant {
	d := judge{draft}
	var all []Grant
	for _, r := range d.Settings.Rows() {
		if r.Pos.Foreign() {
			all = append(all, d.rowGrants(r)...)
		}
	}
	all = slices.Concat(all, d.ownContainer(), d.borrowed(), d.variableGrants(), d.fileGrants(seen), d.pathGrants(seen))
	for _, o := range slices.Concat(d.Options, d.InitOptions) {
		if o.Pos.Foreign() {
			all = append(all, optionGrants(o)...)
		}
	}
	return d.ordered(all)
}

// ownContainer is what a project sets by its [defaults] in a container of the caller's own
// files: a command there would have what the caller has given to it.
func (d judge) ownContainer() []Grant {
	for _, r := range d.Settings.Rows() {
		if r.Pos.Foreign() && d.Settings.Own {
			return one("option", fmt.Sprintf("what the project sets in %q, a container of your own files", d.Container()), r)
		}
	}
	return nil
}

// borrowed: what the caller's own container has is the caller's, but that the project's
// commands get it is the project's wish, also where a later table takes the key back.
func (d judge) borrowed() []Grant {
	var out []Grant
	for _, s := range d.Settings.Borrowed {
		out = append(out, Grant{Kind: "option", Value: fmt.Sprintf("extends = %q, a container of your own files", s.V), Pos: s.Pos})
	}
	return out
}

// judge says what a draft asks for.
type judge struct{ *expand.Draft }

// ordered sorts grants by kind, drops what is asked for twice, and refuses what is
// forbidden.
func (d judge) ordered(all []Grant) []Grant {
	slices.SortStableFunc(all, func(a, b Grant) int {
		return slices.Index(config.GrantKinds, a.Kind) - slices.Index(config.GrantKinds, b.Kind)
	})
	var out []Grant
	seen := map[string]bool{}
	for _, g := range all {
		if seen[g.Key()] {
			continue
		}
		seen[g.Key()] = true
		if at, no := d.Settings.Limits.Forbids(g.Kind); no && g.Refused == "" {
			g.Refused = fmt.Sprintf("[limits] at %s forbids every %s", at, g.Kind)
			g.Hint = "what the command line asks for is yours and not the file's"
		}
		out = append(out, g)
	}
	return out
}

// rowGrants judges one value of the configuration by the rule of its key.
func (d judge) rowGrants(r config.Row) []Grant {
	rule, ok := keyRules[ruleKey(r.Key)]
	switch {
	case !ok, rule.class == asks && rule.judge == nil:
		// A key without a rule is one that asks.
		return []Grant{{Kind: "option", Value: r.Key + " = " + r.Value, Pos: r.Pos}}
	case rule.judge == nil:
		return nil
	}
	grants := rule.judge(d, r)
	// What a variable is in is shown as it is written: its value never is.
	if raw, ok := d.asWritten(r.Pos); ok && len(grants) > 0 {
		grants[0].Value = d.Shown(raw)
	}
	return grants
}

// asWritten is a text that a file has at a place, where it takes a variable of the host
// or the number of the process, which is another in each run.
func (d judge) asWritten(pos config.Pos) (string, bool) {
	if text, ok := d.Written[pos]; ok {
		return text, true
	}
	for _, r := range d.Raw.Rows() {
		if text, ok := r.V.(string); ok && r.Pos == pos && (len(template.Variables(text)) > 0 || strings.Contains(text, "${pid")) {
			return named(r.Key, text), true
		}
	}
	return "", false
}

// named is a text with the entry of a table that it is for, without which one entry could not
// be told from another. Where the key has a kind of its own, that says it.
func named(key, text string) string {
	table, entry, _ := strings.Cut(key, ".")
	switch {
	case table == "labels":
		return entry + "=" + text
	case table == "ulimits", strings.HasPrefix(key, "build.args."):
		return key + " = " + text
	}
	return text
}

// ruleKey is the key of keyRules for a row: an entry of a table has its table's.
func ruleKey(key string) string {
	parts := strings.SplitN(key, ".", 3)
	if parts[0] == "build" && len(parts) > 1 {
		return parts[0] + "." + parts[1]
	}
	return parts[0]
}

// variableGrants are the variables of the host that the files name: in env, and in the
// templates of any key.
func (d judge) variableGrants() []Grant {
	var out []Grant
	add := func(name string, pos config.Pos) { out = append(out, Grant{Kind: "variable", Value: name, Pos: pos}) }
	for _, s := range d.Settings.Env {
		if name, _, set := strings.Cut(s.V, "="); !set && s.Pos.Foreign() {
			if raw, ok := d.asWritten(s.Pos); ok {
				name = d.Shown(raw)
			}
			add(name, s.Pos)
		}
	}
	for _, r := range d.Raw.Rows() {
		if !r.Pos.Foreign() {
			continue
		}
		for _, text := range r.Texts() {
			for _, name := range template.Variables(text) {
				add(name, r.Pos)
			}
		}
	}
	return out
}

// pathGrants judges everything of the host's that is mounted, read or sent to a build.
func (d judge) pathGrants(seen look.Seen) []Grant {
	var out []Grant
	for _, sp := range d.Mounted() {
		git := strings.HasPrefix(sp.Key, "git")
		sp.Options.Relabel = d.Relabel(sp, cmp.Or(seen.Paths[sp.Host].Real, sp.Host), d.Homes(seen))
		if sp.Key == "run_args" {
			sp.Options.Relabel = "" // a --mount knows no labels
		}
		switch {
		case !git && !sp.At.Pos.Foreign(), sp.Key == "project_target" && !sp.Shared():
		case d.LeavesAway(sp, seen):
		case sp.Key == expand.EnvPathsKey && d.Settings.EnvPaths.Pos.Foreign():
			// The switch itself asks, and each variable: a job's files have other names each time.
			for _, g := range d.pathGrant(sp, seen, false) {
				if g.Refused != "" {
					out = append(out, g)
				}
			}
		case sp.Named && sp.Host != "":
			out = append(out, Grant{Kind: "volume", Value: d.shownHost(sp, sp.Host), Pos: sp.At.Pos, Unless: sp.Host})
		case sp.Named:
			// A --mount that is no bind mount: optionGrants judges it.
		default:
			out = append(out, d.pathGrant(sp, seen, git)...)
		}
	}
	read := d.Read()
	for _, s := range []config.String{d.Settings.Build.Context, d.Settings.Build.Dockerfile} {
		if s.Set && d.Builds() {
			read = append(read, volume.Spec{At: s, Key: "build", Host: s.V})
		}
	}
	for _, s := range d.IgnoreFiles() {
		read = append(read, volume.Spec{At: s, Key: "build", Host: s.V, Options: volume.Options{Optional: true}})
	}
	for _, sp := range read {
		if sp.At.Pos.Foreign() {
			sp.ReadOnly = true
			out = append(out, d.pathGrant(sp, seen, false)...)
		}
	}
	return append(out, d.byPodman()...)
}

// byPodman is the build of a project's Dockerfile by podman, whose builder has all of the
// caller's files within reach. A Dockerfile, or an ONBUILD of an image that it names, can take
// in an archive by its path (FROM oci-archive:/…), one that is called X.in any file by the C
// preprocessor (podman-build(1), --file), and before podman 5.4 the mounts of a RUN lead out
// of the build (CVE-2024-1753, CVE-2024-9675, CVE-2024-11218). Docker's builders get no
// more than the context.
func (d judge) byPodman() []Grant {
	for _, s := range []config.String{d.Settings.Build.DockerfileContent, d.Settings.Build.Dockerfile} {
		if s.Set && s.Pos.Foreign() && d.Builds() {
			return []Grant{{Kind: "option", Value: "a build by podman, whose Dockerfile can reach your files", Pos: s.Pos, Unless: UnlessDocker}}
		}
	}
	return nil
}

// OwnFiles are the project's own files that may name variables of the host, so that
// Grants has to know their content: a project's file has them read, and they lie in the
// project.
func OwnFiles(draft *expand.Draft, seen look.Seen) look.Wants {
	d := judge{draft}
	var w look.Wants
	for _, f := range d.EnvFiles {
		if f.Docker && f.At.Pos.Foreign() && seen.Paths[f.Host].Exists && len(d.pathGrant(f.Spec, seen, false)) == 0 {
			w.Files = append(w.Files, f.Host)
		}
	}
	return w
}

// fileGrants are the variables that those files pass.
func (d judge) fileGrants(seen look.Seen) []Grant {
	var out []Grant
	for _, file := range OwnFiles(d.Draft, seen).Files {
		names := dotenv.Passed(seen.Files[file].Data)
		for _, name := range slices.Sorted(maps.Keys(names)) {
			src := &config.Source{Name: file, Project: true}
			out = append(out, Grant{Kind: "variable", Value: name, Pos: config.Pos{Source: src, Line: names[name]}})
		}
	}
	return out
}

// pathGrant judges one path of the host. In the project a regular file or a directory
// is the project's own, wherever symlinks have led.
func (d judge) pathGrant(sp volume.Spec, seen look.Seen, git bool) []Grant {
	there := seen.Paths[sp.Host]
	real := cmp.Or(there.Real, sp.Host)
	shown := real
	if !there.Exists {
		shown = d.shownHost(sp, real)
	}
	if !there.Exists && sp.Optional {
		return nil // left out
	}
	how := "read-write"
	if sp.ReadOnly {
		how = "read-only"
	}
	if sp.Shared() {
		how += ", " + sp.Propagation
	}
	g := Grant{Kind: "path", Pos: sp.At.Pos, Value: shown + " (" + how + ")"}
	plain := there.Dir || there.Regular || !there.Exists // then it is made, or a mistake
	_, inside := below.Rel(d.Host.RealProjectDir, real)
	switch {
	case git:
		g.Kind = "git"
	case !plain:
		g.Kind = "device"
	case inside && d.Host.RealProjectDir != "" && !strings.Contains(how, ","):
		return nil
	}
	if sp.Relabel != "" { // what a mount is, read-only or not
		g.Value = strings.TrimSuffix(g.Value, ")") + ", relabelled for SELinux)"
	}
	writable := []string{real}
	if sp.ReadOnly {
		if writable = seen.Inner[sp.Host]; len(writable) > 0 {
			g.Value = strings.TrimSuffix(g.Value, ")") + ", but for what is mounted below it)"
		}
	}
	if at, ok := d.guarded(writable); ok {
		g.Refused = fmt.Sprintf("%q holds %q, by which ctenv decides what containers may do", real, at)
		g.Hint = "mount a directory that does not hold it"
		if !sp.ReadOnly {
			g.Hint += ", or add :ro"
		}
	}
	return []Grant{g}
}

// shownHost is host, which sp mounts, as it can be shown: as it is written where the
// value of a variable is in it.
func (d judge) shownHost(sp volume.Spec, host string) string {
	if raw, ok := d.asWritten(sp.At.Pos); ok {
		return d.Shown(template.SplitAt(raw, ':')[0])
	}
	return host
}

// guarded finds what of ctenv's own lies in one of some directories, or holds it.
func (d judge) guarded(dirs []string) (string, bool) {
	for _, own := range d.Host.Guarded {
		for _, real := range dirs {
			_, holds := below.Rel(real, own)
			_, within := below.Rel(own, real)
			if holds || within {
				return own, true
			}
		}
	}
	return "", false
}

// optionGrants judges one option of run_args by its rule.
func optionGrants(o expand.Option) []Grant {
	rule, ok := optionRules[o.Name]
	switch {
	case ok && rule.class == harmless:
		return nil
	case ok && rule.judge != nil && !rule.judge(o.Arg):
		return nil
	}
	kind := "option"
	if ok && rule.kind != "" {
		kind = rule.kind
	}
	return []Grant{{Kind: kind, Value: o.Shown, Pos: o.Pos}}
}

// OfProject says whether the labels of a volume or an image are those that ctenv gives
// what it makes for the caller's project.
func OfProject(labels map[string]string, h look.Host, kind string) bool {
	return labels[plan.LabelProjectDir] == h.Project() && (kind == "image" || labels[plan.LabelUID] == strconv.Itoa(h.User.UID))
}
