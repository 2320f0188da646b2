package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"ctenv/internal/config"
	"ctenv/internal/engine"
	"ctenv/internal/host"
	"ctenv/internal/initbin"
	"ctenv/internal/plan"
	"ctenv/internal/term"
	"ctenv/internal/trust"
	"ctenv/internal/tty"
)

// trustVariable names projects whose files are not asked about: paths of projects or of
// directories that hold them, or fingerprints, with colons between them.
const trustVariable = "CTENV_TRUST"

// manyGrants is more than a good project asks for: who wants to hide one asks for many.
const manyGrants = 15

// request is what a project's file asks for.
type request struct {
	container string
	h         plan.Host
	all       []plan.Grant // everything
	fresh     []plan.Grant // what nobody has allowed yet
	record    trust.Record
}

// asks says whether a kind of grant is not allowed yet.
func (r request) asks(kind string) bool {
	return slices.ContainsFunc(r.fresh, func(g plan.Grant) bool { return g.Kind == kind })
}

func declareTrust(a *app, cmd *cobra.Command) {
	cmd.Flags().BoolVar(&a.trustNow, "trust", false, "allow what the project's file asks for, this time")
}

// judge finds out what of a draft needs the caller's word, before anything is done. It
// contacts nobody.
func (a *app) judge(h plan.Host, draft *plan.Draft, seen plan.Seen) (request, error) {
	host.Read(draft.OwnFiles(seen), &seen)
	r := request{container: draft.Container(), h: h, all: plan.Grants(draft, seen)}
	if len(r.all) == 0 {
		return r, nil
	}
	for _, g := range r.all {
		if g.Refused != "" {
			return r, &config.Error{Pos: g.Pos, Msg: shownGrant(g) + ": " + g.Refused, Hint: g.Hint}
		}
	}
	if a.trustNow || a.trusted(h, r.all) {
		return r, nil
	}
	store := a.trustStore(h)
	if h.RealProjectDir != "" && host.InDir(host.Real(store.Dir), h.RealProjectDir) {
		a.Warn("what was allowed is not believed: %q lies in the project, where a container may write; XDG_STATE_HOME chooses another directory", store.Dir)
	} else {
		var err error
		if r.record, err = store.Load(repository(h)); err != nil {
			a.Warn("%v", err)
		}
	}
	r.fresh = r.record.New(r.all)
	return r, nil
}

// trusted says whether the caller's file or environment says that nothing is asked.
func (a *app) trusted(h plan.Host, grants []plan.Grant) bool {
	if a.trust.Off || slices.ContainsFunc(a.trust.Dirs, func(d config.String) bool { return host.InDir(h.RealProjectDir, d.V) }) {
		return true
	}
	fingerprint := ""
	for _, entry := range strings.Split(a.Getenv(trustVariable), ":") {
		if entry == "~" || strings.HasPrefix(entry, "~/") {
			entry = string(h.User.Home) + entry[1:]
		}
		switch {
		case filepath.IsAbs(entry):
			if host.InDir(h.RealProjectDir, entry) {
				return true
			}
		case entry != "":
			if fingerprint == "" {
				fingerprint = trust.Fingerprint(grants)
			}
			if entry == fingerprint {
				return true
			}
		}
	}
	return false
}

func (a *app) trustStore(h plan.Host) trust.Store {
	return trust.Store{Dir: filepath.Join(trust.StateDir(a.Getenv, string(h.User.Home)), "trust"), UID: h.User.UID}
}

// guarded is what no container may write: who is trusted, what was allowed, and the
// programs that run as root in the next one.
func (a *app) guarded(h plan.Host) []string {
	home := string(h.User.Home)
	var out []string
	for _, p := range []string{trust.StateDir(a.Getenv, home), filepath.Join(home, ".ctenv.toml"), "/etc/ctenv.toml", initbin.CacheDir(h), initbin.RuntimeDir(h)} {
		if p != "" {
			out = append(out, host.Real(p))
		}
	}
	return out
}

// repository is what consent is remembered for: the common git directory, which all
// worktrees have, else the project. A .git that is a link is not believed: it could name
// the repository of somebody whom the caller trusts.
func repository(h plan.Host) string {
	if r := h.Repository; r != nil && !r.Inside && r.Unproven == "" {
		return r.Dir
	}
	git := filepath.Join(h.RealProjectDir, ".git")
	if info, err := os.Lstat(git); err == nil && info.IsDir() {
		return git
	}
	return h.RealProjectDir
}

// settle asks for what is not allowed yet, and goes on to the engine that the file asks
// for. Where the file is allowed to choose it, the engine is asked first which volumes and
// images are the project's anyway: that changes nothing.
func (a *app) settle(ctx context.Context, c *opening, s *subject) (err error) {
	chosen := s.draft.Runtime().V
	if s.asked.asks("runtime") {
		if err := a.ask(s.asked); err != nil {
			return err
		}
		s.asked.fresh = nil
		return a.use(ctx, c, chosen)
	}
	if err := a.use(ctx, c, chosen); err != nil {
		return err
	}
	if s.asked.fresh, err = notOurs(ctx, c.eng, s.asked); err != nil {
		return err
	}
	if err := a.ask(s.asked); err != nil {
		return err
	}
	s.asked.fresh = nil
	return nil
}

// notOurs leaves the volumes and images out that the engine does not have, so that this
// run makes them, and those that carry the project's label.
func notOurs(ctx context.Context, search *engine.Search, r request) ([]plan.Grant, error) {
	if !slices.ContainsFunc(r.fresh, func(g plan.Grant) bool { return g.Unless != "" }) {
		return r.fresh, nil // nobody has to be asked
	}
	eng, err := search.Engine(ctx)
	if err != nil {
		return nil, err
	}
	var out []plan.Grant
	for _, g := range r.fresh {
		var labels map[string]string
		exists := true
		var err error
		switch {
		case g.Unless == "":
		case g.Kind == "volume":
			labels, exists, err = eng.Volume(ctx, g.Unless)
		case g.Kind == "image":
			var images []engine.Image
			if images, err = eng.Images(ctx, []string{g.Unless}); err == nil {
				labels, exists = images[0].Labels, images[0].ID != ""
			}
		}
		if err != nil {
			return nil, err
		}
		if exists && !plan.OfProject(labels, r.h, g.Kind) {
			out = append(out, g)
		}
	}
	return out, nil
}

// wouldAsk says in a dry run what a run would ask for. What only an engine knows is no
// more than a detail.
func (a *app) wouldAsk(r request) bool {
	if !slices.ContainsFunc(r.fresh, func(g plan.Grant) bool { return g.Unless == "" }) {
		for _, g := range r.fresh {
			a.Detail("a run would ask for %s, unless it makes it or it is the project's", shownGrant(g))
		}
		return false
	}
	a.showRequest(r)
	way := "`" + a.trustCommand(r) + "`"
	if a.devcontainer != "" {
		way = "--trust"
	}
	a.Warn("a run would ask for this first; %s allows it", way)
	return true
}

// ask asks for r.fresh where there is a terminal. Without one it is an error: a script
// must not wait.
func (a *app) ask(r request) error {
	if len(r.fresh) == 0 {
		return nil
	}
	a.showRequest(r)
	file := r.fresh[0].Pos.Source
	what := "this checkout"
	if file != nil {
		what = strconv.Quote(file.Name)
	}
	refused := &config.Error{Msg: what + " asks for what you have not allowed",
		Hint: fmt.Sprintf("--trust allows it this time, %s=%s in a script", trustVariable, trust.Fingerprint(r.all))}
	if a.devcontainer == "" { // which trust does not read
		refused.Hint = fmt.Sprintf("`%s` allows it from now on, --trust this time, %s=%s in a script", a.trustCommand(r), trustVariable, trust.Fingerprint(r.all))
	}
	if !r.h.StdinTTY || !r.h.StderrTTY || r.h.Background {
		return refused
	}
	// What was typed before the question was there is no answer to it: a line to paste
	// could bring its own.
	_ = tty.Discard(int(a.Stdin.Fd()))
	what = "this"
	if n := len(r.fresh); n > manyGrants {
		what = fmt.Sprintf("these %d things, of which your terminal may not show the first,", n)
	}
	fmt.Fprintf(a.Stderr, "Allow %s from now on? [y/N] ", what)
	answer, err := readLine(a.Stdin)
	if err != nil {
		fmt.Fprintln(a.Stderr)
	}
	if answer = strings.ToLower(strings.TrimSpace(answer)); err != nil || answer != "y" && answer != "yes" {
		return &config.Error{Msg: "not allowed, so nothing was done"}
	}
	return a.remember(r)
}

// remember notes that what r asks for is allowed. That it cannot is no reason to refuse
// what the caller has just allowed.
func (a *app) remember(r request) error {
	r.record.Repository = repository(r.h)
	if err := a.trustStore(r.h).Save(r.record.With(r.fresh)); err != nil {
		a.Warn("your answer cannot be remembered: %v", err)
	}
	return nil
}

// readLine reads up to the end of a line and not a byte more: the rest is the command's.
func readLine(in io.Reader) (string, error) {
	var line []byte
	for b := make([]byte, 1); len(line) < 1024; {
		if _, err := io.ReadFull(in, b); err != nil {
			return "", err
		}
		if b[0] == '\n' {
			return string(line), nil
		}
		line = append(line, b[0])
	}
	return "", errors.New("the line is too long")
}

// trustCommand is the command that allows what r asks for.
func (a *app) trustCommand(r request) string {
	words := []string{"ctenv"}
	if a.projectDir != "" {
		words = append(words, "-p", a.projectDir)
	}
	for _, f := range a.configs {
		words = append(words, "--config", f)
	}
	words = append(words, "trust")
	if r.container != plan.DefaultContainer {
		words = append(words, r.container)
	}
	return plan.ShellLine(words)
}

// grantGroups is under which word a kind of grant is shown.
var grantGroups = []struct {
	word  string
	kinds []string
}{
	{"files", []string{"path", "device", "git", "volume", "image"}},
	{"variables", []string{"variable"}},
	{"network", []string{"network", "port", "name"}},
	{"privileges", []string{"group", "option", "label", "runtime"}},
}

// showRequest prints what is not allowed yet.
func (a *app) showRequest(r request) {
	out := a.Err()
	fmt.Fprintf(a.Stderr, "[ctenv] %s asks for more than the project has:\n", term.OneLine(r.h.ProjectDir))
	for _, line := range grantLines(r.fresh, a.Environ) {
		fmt.Fprintf(a.Stderr, "  %-11s %s %s\n", line.word, term.OneLine(line.text), out.Paint(term.Faint, term.OneLine("("+line.places+")")))
	}
}

type grantLine struct{ word, text, places string }

// grantLines are the lines that show grants. Variables share one.
func grantLines(grants []plan.Grant, environ []string) []grantLine {
	var lines []grantLine
	for _, group := range grantGroups {
		var names, places []string
		word := group.word
		for _, g := range grants {
			if !slices.Contains(group.kinds, g.Kind) {
				continue
			}
			if g.Kind != "variable" {
				lines = append(lines, grantLine{word, shownGrant(g), place(g)})
				word = ""
				continue
			}
			names = append(names, shownVariable(g.Value, environ))
			if p := place(g); !slices.Contains(places, p) {
				places = append(places, p)
			}
		}
		if len(names) > 0 {
			lines = append(lines, grantLine{word, strings.Join(names, ", "), strings.Join(places, ", ")})
		}
	}
	return lines
}

func place(g plan.Grant) string {
	if g.Pos.Source == nil {
		return "git"
	}
	if g.Pos.Source.Translated {
		return filepath.Base(g.Pos.Source.Name)
	}
	return fmt.Sprintf("%s:%d", filepath.Base(g.Pos.Source.Name), g.Pos.Line)
}

// shownGrant is one grant in words.
func shownGrant(g plan.Grant) string {
	switch g.Kind {
	case "path", "option", "network":
		return g.Value
	case "name":
		return "the name " + g.Value
	case "runtime":
		return "the engine " + g.Value
	case "git":
		return "the git directory " + g.Value
	case "image":
		return "building over the image " + g.Value
	}
	return g.Kind + " " + g.Value
}

// shownVariable is a variable's name, and with a pattern those that it passes now.
func shownVariable(name string, environ []string) string {
	prefix, pattern := strings.CutSuffix(name, "*")
	if strings.ContainsAny(name, ", ()\"") {
		return strconv.Quote(name)
	}
	if !pattern {
		return name
	}
	var now []string
	for _, kv := range environ {
		if n, _, _ := strings.Cut(kv, "="); strings.HasPrefix(n, prefix) {
			now = append(now, n)
		}
	}
	slices.Sort(now)
	if len(now) == 0 {
		return name + " (none now)"
	}
	return name + " (now " + strings.Join(now, " ") + ")"
}
