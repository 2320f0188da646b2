package plan

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"ctenv/internal/config"
	"ctenv/internal/dotenv"
	"ctenv/internal/runargs"
	"ctenv/internal/template"
)

// Grant is one thing beyond its own directory that a project's file asks for.
type Grant struct {
	Kind  string // of config.GrantKinds
	Value string // resolved: a real path, a name; never the value of a variable
	Pos   config.Pos
	// Unless says that nothing has to be asked where the engine does not have the
	// volume or the image of that name, or has it from this project. "" for other kinds.
	Unless string
	// Refused is why nobody can grant it, "" where it can be.
	Refused, Hint string
}

// Key identifies what is granted, wherever the file asks for it.
func (g Grant) Key() string { return g.Kind + " " + g.Value }

// Grants is what the project's files ask for beyond the project, in the order of
// config.GrantKinds. What the command line, --config, the user's or the system's file
// say is the caller's own and none of it. seen answers the paths of d.Wants, and
// d.OwnFiles.
func Grants(d *Draft, seen Seen) []Grant {
	var all []Grant
	for _, r := range d.c.Rows() {
		if r.Pos.Foreign() {
			all = append(all, d.rowGrants(r)...)
		}
	}
	all = slices.Concat(all, d.variableGrants(), d.fileGrants(seen), d.pathGrants(seen))
	places := slices.Concat(d.runArgsAt, d.initArgsAt)
	for i, a := range slices.Concat(d.runArgs, d.initArgs) {
		if at := places[i]; at.pos.Foreign() {
			all = append(all, optionGrants(a, at)...)
		}
	}
	return d.ordered(all)
}

// ordered sorts grants by kind, drops what is asked for twice, and refuses what is
// forbidden.
func (d *Draft) ordered(all []Grant) []Grant {
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
		if at, no := d.c.Limits.Forbids(g.Kind); no && g.Refused == "" {
			g.Refused = fmt.Sprintf("[limits] at %s forbids every %s", at, g.Kind)
			g.Hint = "what the command line asks for is yours and not the file's"
		}
		out = append(out, g)
	}
	return out
}

// rowGrants judges one value of the configuration by the rule of its key.
func (d *Draft) rowGrants(r config.Row) []Grant {
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
		grants[0].Value = raw
	}
	return grants
}

// asWritten is a text that a file has at a place, where it takes a variable of the host
// or the number of the process, which is another in each run.
func (d *Draft) asWritten(pos config.Pos) (string, bool) {
	if text, ok := d.written[pos]; ok {
		return text, true
	}
	for _, r := range d.raw.Rows() {
		if text, ok := r.V.(string); ok && r.Pos == pos && (len(template.Variables(text)) > 0 || strings.Contains(text, "${pid")) {
			if label, ok := strings.CutPrefix(r.Key, "labels."); ok {
				text = label + "=" + text
			}
			return text, true
		}
	}
	return "", false
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
func (d *Draft) variableGrants() []Grant {
	var out []Grant
	add := func(name string, pos config.Pos) { out = append(out, Grant{Kind: "variable", Value: name, Pos: pos}) }
	for _, s := range d.c.Env {
		if name, _, set := strings.Cut(s.V, "="); !set && s.Pos.Foreign() {
			if raw, ok := d.asWritten(s.Pos); ok {
				name = raw
			}
			add(name, s.Pos)
		}
	}
	for _, r := range d.raw.Rows() {
		if !r.Pos.Foreign() {
			continue
		}
		for _, text := range rowTexts(r) {
			for _, name := range template.Variables(text) {
				add(name, r.Pos)
			}
		}
	}
	return out
}

// pathGrants judges everything of the host's that is mounted, read or sent to a build.
func (d *Draft) pathGrants(seen Seen) []Grant {
	var out []Grant
	for _, sp := range d.mounted() {
		git := strings.HasPrefix(sp.key, "git")
		switch {
		case !git && !sp.at.Pos.Foreign(), sp.key == "project_target" && !sp.shared():
		case d.leavesAway(sp, seen):
		case sp.key == envPathsKey && d.c.EnvPaths.Pos.Foreign():
			// The switch itself asks, and each variable: a job's files have other names each time.
			for _, g := range d.pathGrant(sp, seen, false) {
				if g.Refused != "" {
					out = append(out, g)
				}
			}
		case sp.named && sp.host != "":
			out = append(out, Grant{Kind: "volume", Value: d.shownHost(sp, sp.host), Pos: sp.at.Pos, Unless: sp.host})
		case sp.named:
			// A --mount that is no bind mount: optionGrants judges it.
		default:
			out = append(out, d.pathGrant(sp, seen, git)...)
		}
	}
	var read []spec
	for _, f := range d.envFiles {
		read = append(read, f.spec)
	}
	read = append(read, d.certificates...)
	for _, s := range []config.String{d.c.Build.Context, d.c.Build.Dockerfile} {
		if s.Set && d.builds() {
			read = append(read, spec{at: s, key: "build", host: s.V})
		}
	}
	for _, sp := range read {
		if sp.at.Pos.Foreign() {
			sp.readOnly = true
			out = append(out, d.pathGrant(sp, seen, false)...)
		}
	}
	return append(out, d.preprocessed(seen)...)
}

// preprocessed is a Dockerfile that podman's builder has the C preprocessor read first,
// which takes in any file of the caller's that it names (podman-build(1), --file).
func (d *Draft) preprocessed(seen Seen) []Grant {
	s := d.c.Build.Dockerfile
	if real := seen.Paths[s.V].Real; !s.Pos.Foreign() || !d.builds() || !strings.HasSuffix(real, ".in") {
		return nil
	}
	return []Grant{{Kind: "option", Value: fmt.Sprintf("build.dockerfile = %q, in which podman includes any file of yours that it names", s.V), Pos: s.Pos}}
}

// OwnFiles are the project's own files that may name variables of the host, so that
// Grants has to know their content: a project's file has them read, and they lie in the
// project.
func (d *Draft) OwnFiles(seen Seen) Wants {
	var w Wants
	for _, f := range d.envFiles {
		if f.docker && f.at.Pos.Foreign() && seen.Paths[f.host].Exists && len(d.pathGrant(f.spec, seen, false)) == 0 {
			w.Files = append(w.Files, f.host)
		}
	}
	return w
}

// fileGrants are the variables that those files pass.
func (d *Draft) fileGrants(seen Seen) []Grant {
	var out []Grant
	for _, file := range d.OwnFiles(seen).Files {
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
func (d *Draft) pathGrant(sp spec, seen Seen, git bool) []Grant {
	there := seen.Paths[sp.host]
	real := there.Real
	if real == "" {
		real = sp.host
	}
	shown := real
	if !there.Exists {
		shown = d.shownHost(sp, real)
	}
	if !there.Exists && sp.optional {
		return nil // left out
	}
	how := "read-write"
	if sp.readOnly {
		how = "read-only"
	}
	if sp.shared() {
		how += ", " + sp.propagation
	}
	g := Grant{Kind: "path", Pos: sp.at.Pos, Value: shown + " (" + how + ")"}
	plain := there.Dir || there.Regular || !there.Exists // then it is made, or a mistake
	_, inside := below(d.host.RealProjectDir, real)
	switch {
	case git:
		g.Kind = "git"
	case !plain:
		g.Kind = "device"
	case inside && d.host.RealProjectDir != "" && !strings.Contains(how, ","):
		return nil
	}
	if at, ok := d.guarded(real); ok && !sp.readOnly {
		g.Refused = fmt.Sprintf("%q holds %q, by which ctenv decides what containers may do", real, at)
		g.Hint = "mount a directory that does not hold it, or add :ro"
	}
	return []Grant{g}
}

// shownHost is host, which sp mounts, as it can be shown: as it is written where the
// value of a variable is in it.
func (d *Draft) shownHost(sp spec, host string) string {
	if raw, ok := d.asWritten(sp.at.Pos); ok {
		return template.SplitAt(raw, ':')[0]
	}
	return host
}

// guarded finds what of ctenv's own lies in a directory, or holds it.
func (d *Draft) guarded(real string) (string, bool) {
	for _, own := range d.host.Guarded {
		if _, ok := below(real, own); ok {
			return own, true
		}
		if _, ok := below(own, real); ok {
			return own, true
		}
	}
	return "", false
}

// optionGrants judges one option of run_args by its rule.
func optionGrants(a runargs.Arg, at placed) []Grant {
	rule, ok := optionRules[a.Name]
	switch {
	case ok && rule.class == harmless:
		return nil
	case ok && rule.judge != nil && !rule.judge(a):
		return nil
	}
	kind := "option"
	if ok && rule.kind != "" {
		kind = rule.kind
	}
	return []Grant{{Kind: kind, Value: at.shown, Pos: at.pos}}
}

// placed is where an option of run_args stands, and how it is shown: as it is written
// where a variable's value would be in it, else resolved.
type placed struct {
	pos   config.Pos
	shown string
}

// shownOption is a, whose words stand in raw too, as it can be shown.
func shownOption(a runargs.Arg, raw []string) string {
	if template.TakeVariables(raw) {
		return strings.Join(raw, " ")
	}
	return strings.TrimSuffix(a.String(), "=true")
}

// OfProject says whether the labels of a volume or an image are those that ctenv gives
// what it makes for the caller's project.
func OfProject(labels map[string]string, h Host, kind string) bool {
	return labels[LabelProjectDir] == projectDir(h) && (kind == "image" || labels[LabelUID] == strconv.Itoa(h.User.UID))
}
