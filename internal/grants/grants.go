// Package grants says what a project's file asks for beyond its project.
package grants

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ctenv/internal/config"
	"ctenv/internal/expand"
	"ctenv/internal/look"
	"ctenv/internal/plan"
	"ctenv/internal/template"
)

// Grant is one thing beyond its own directory that a project's file asks for.
type Grant struct {
	Kind  string // of config.GrantKinds
	Value string // resolved: a real path, a name; never the value of a variable
	Pos   config.Pos
	// Unless is what an engine has to be asked for first, "" for nothing: the name of a volume
	// or an image of the project's own, which it may not have, or have from this project, or
	// UnlessDocker.
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
			for _, g := range optionGrants(o) {
				g.Value += d.whichProfile(o, seen)
				all = append(all, g)
			}
		}
	}
	return d.ordered(all)
}

// ownContainer is what a project sets by its [defaults] in a container of the caller's own
// files: a command there would have what the caller has given to it. Each key is asked for by
// itself: who lets it choose how progress is shown has not let it run commands.
func (d judge) ownContainer() (out []Grant) {
	for _, r := range d.Settings.Rows() {
		if r.Pos.Foreign() && d.Settings.Own {
			out = append(out, one("option", fmt.Sprintf("%s of the project in %q, a container of your own files", ruleKey(r.Key), d.Container()), r)...)
		}
	}
	return out
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
		if text, ok := r.V.(string); ok && r.Pos == pos && (d.Takes(text) || strings.Contains(text, "${pid")) {
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

// OfProject says whether the labels of a volume or an image are those that ctenv gives
// what it makes for the caller's project.
func OfProject(labels map[string]string, h look.Host, kind string) bool {
	return labels[plan.LabelProjectDir] == h.Project() && (kind == "image" || labels[plan.LabelUID] == strconv.Itoa(h.User.UID))
}
