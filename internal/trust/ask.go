// Package trust sees to the caller's word for what a project's file asks for beyond its
// project: an Asker asks for what is new, and remembers for each repository what was
// allowed.
package trust

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

	"ctenv/internal/config"
	"ctenv/internal/expand"
	"ctenv/internal/flock"
	"ctenv/internal/grants"
	"ctenv/internal/hint"
	"ctenv/internal/host"
	"ctenv/internal/look"
	"ctenv/internal/shellquote"
	"ctenv/internal/term"
	"ctenv/internal/tty"
)

// Variable names projects whose files are not asked about: paths of projects or of
// directories that hold them, or fingerprints, with colons between them.
const Variable = "CTENV_TRUST"

// manyGrants is more than a good project asks for, and than the lines that a small terminal has
// for them: who wants to hide one asks for many, or for a long one.
const manyGrants = 15

// Asker asks the caller what a project's file may do, and knows who else has spoken for
// them.
type Asker struct {
	*term.Console
	ThisTime bool         // --trust
	Config   config.Trust // of the caller's files
	// Command is the line of ctenv trust, short of the container; nil where that command
	// does not read the file that asks.
	Command []string
}

// Request is what a project's file asks for.
type Request struct {
	Container string
	All       []grants.Grant // everything
	Fresh     []grants.Grant // what nobody has allowed yet
	// Held is what [limits] forbid unless the engine knows it to be harmless. Nobody can
	// allow it.
	Held []grants.Grant
	h    look.Host
}

// Allowed says that nothing is left that only the caller can allow: what the file reads may
// be read.
func (r Request) Allowed() bool { return !slices.ContainsFunc(r.Fresh, asks) }

// Settled says that nothing is left to be allowed, by the engine either.
func (r Request) Settled() bool { return len(r.Fresh) == 0 }

// asks says that the engine cannot know a grant to be harmless.
func asks(g grants.Grant) bool { return g.Unless == "" }

// Fingerprint identifies all that is asked for.
func (r Request) Fingerprint() string { return fingerprint(r.All) }

// Refuse says what of r nobody can allow: that of Held for which the engine has not
// spoken.
func (r Request) Refuse() error {
	if len(r.Held) == 0 {
		return nil
	}
	return refusal(r.Held[0])
}

func refusal(g grants.Grant) error {
	return &config.Error{Pos: g.Pos, Msg: shownGrant(g) + ": " + g.Refused, Hint: g.Hint}
}

// Asks says whether a kind of grant is not allowed yet.
func (r Request) Asks(kind string) bool {
	return slices.ContainsFunc(r.Fresh, func(g grants.Grant) bool { return g.Kind == kind })
}

// Judge finds out what of a draft needs the caller's word, before anything is done. It
// contacts nobody.
func (a Asker) Judge(h look.Host, draft *expand.Draft, seen look.Seen) (Request, error) {
	host.Read(grants.OwnFiles(draft, seen), &seen)
	r := Request{Container: draft.Container(), h: h, All: grants.Of(draft, seen)}
	if len(r.All) == 0 {
		return r, nil
	}
	for _, g := range r.All {
		switch {
		case g.Refused == "":
		case g.Unless == "":
			return r, refusal(g)
		default:
			r.Held = append(r.Held, g)
		}
	}
	if a.ThisTime || a.trusted(h, r.All) {
		return r, nil
	}
	record, err := a.remembered(h)
	if err != nil {
		a.Warn("%v", err)
	}
	r.Fresh = slices.DeleteFunc(record.fresh(r.All), func(g grants.Grant) bool { return g.Refused != "" })
	return r, nil
}

// remembered is what was allowed for the repository of h: nothing, with an error, where that
// cannot be believed.
func (a Asker) remembered(h look.Host) (Record, error) {
	store, repository := a.store(h), repositoryOf(h)
	if h.RealProjectDir != "" && host.InDir(host.Real(store.Dir), h.RealProjectDir) {
		return Record{Repository: repository}, fmt.Errorf("what was allowed is not believed: %q lies in the project, where a container may write; XDG_STATE_HOME chooses another directory", store.Dir)
	}
	return store.load(repository)
}

// trusted says whether the caller's file or environment says that nothing is asked.
func (a Asker) trusted(h look.Host, grants []grants.Grant) bool {
	if a.Config.Off || slices.ContainsFunc(a.Config.Dirs, func(d config.String) bool { return host.InDir(h.RealProjectDir, d.V) }) {
		return true
	}
	for _, entry := range strings.Split(a.Getenv(Variable), ":") {
		if entry == "~" || strings.HasPrefix(entry, "~/") {
			entry = string(h.User.Home) + entry[1:]
		}
		switch {
		case filepath.IsAbs(entry):
			if host.InDir(h.RealProjectDir, entry) {
				return true
			}
		case entry != "" && entry == fingerprint(grants):
			return true
		}
	}
	return false
}

func (a Asker) store(h look.Host) store {
	return store{Dir: filepath.Join(StateDir(a.Getenv, string(h.User.Home)), "trust"), UID: h.User.UID}
}

// repositoryOf is what consent is remembered for: the common git directory, which all
// worktrees have, else the project. A .git that is a link is not believed: it could name
// the repository of somebody whom the caller trusts.
func repositoryOf(h look.Host) string {
	if r := h.Repository; r != nil && !r.Inside && r.Unproven == "" {
		return r.Dir
	}
	git := filepath.Join(h.RealProjectDir, ".git")
	if info, err := os.Lstat(git); err == nil && info.IsDir() {
		return git
	}
	return h.RealProjectDir
}

// named is what consent is remembered for, in words.
func named(repository string) string {
	if dir, base := filepath.Split(repository); base == ".git" {
		return "the repository " + filepath.Clean(dir) + " and its worktrees"
	}
	return repository
}

// WouldAsk says in a dry run what a run would ask for. What only an engine knows is no
// more than a detail, and counts as allowed.
func (a Asker) WouldAsk(r *Request) {
	for _, g := range r.Held {
		a.Detail("whether a run refuses %s is for the engine to say", shownGrant(g))
	}
	if r.Allowed() {
		for _, g := range r.Fresh {
			a.Detail("whether a run asks for %s is for the engine to say", shownGrant(g))
		}
		r.Fresh = nil
		return
	}
	a.show(*r)
	way := "`" + a.command(*r) + "`"
	if a.Command == nil {
		way = "--trust"
	}
	a.Warn("a run would ask for this first; %s allows it", way)
}

// Ask asks for r.Fresh where there is a terminal. Without one it is an error: a script
// must not wait.
func (a Asker) Ask(r *Request) error {
	if r.Settled() {
		return nil
	}
	rows := a.show(*r)
	file := r.Fresh[0].Pos.Source
	what := "this checkout"
	if file != nil {
		what = strconv.Quote(file.Name)
	}
	if !r.answers() {
		way := "--trust allows it this time"
		if a.Command != nil {
			way = "`" + a.command(*r) + "` allows it from now on, --trust this time"
		}
		return &config.Error{Msg: what + " asks for what you have not allowed", Hint: fmt.Sprintf("%s, %s=%s in a script", way, Variable, r.Fingerprint())}
	}
	if err := a.question(*r, rows); err != nil {
		return err
	}
	// That it cannot be remembered is no reason to refuse what the caller has just allowed.
	if _, err := a.remember(*r); err != nil {
		a.Warn("your answer cannot be remembered: %v", err)
	}
	r.Fresh = nil
	return nil
}

// answers says whether somebody is there to be asked.
func (r Request) answers() bool { return r.h.StdinTTY && r.h.StderrTTY && !r.h.Background }

// question waits for a yes to what was shown of r, in so many rows. All else is an error.
func (a Asker) question(r Request, rows int) error {
	// What was typed before the question was there is no answer to it: a line to paste
	// could bring its own.
	_ = tty.Discard(int(a.Stdin.Fd()))
	what := "this"
	switch n := len(r.Fresh); {
	case n > manyGrants:
		what = fmt.Sprintf("these %d things, of which your terminal may not show the first,", n)
	case rows > manyGrants:
		what = fmt.Sprintf("all of these %d lines, of which your terminal may not show the first,", rows)
	}
	fmt.Fprintf(a.Stderr, "Allow %s from now on? [y/N] ", what)
	answer, err := readLine(a.Stdin)
	if err != nil {
		fmt.Fprintln(a.Stderr)
	}
	if answer = strings.ToLower(strings.TrimSpace(answer)); err != nil || answer != "y" && answer != "yes" {
		return &config.Error{Msg: "not allowed, so nothing was done"}
	}
	return nil
}

// Allow allows what r asks for from now on, and says so. Who is there is asked: since an
// error has named this command, a container that runs can have had the file ask for more.
func (a Asker) Allow(r Request) error {
	rows := a.show(r)
	if r.answers() {
		if err := a.question(r, rows); err != nil {
			return err
		}
	}
	repository, err := a.remember(r)
	if err != nil {
		return hint.Failed(fmt.Errorf("remembering what is allowed: %w", err), "XDG_STATE_HOME chooses another directory")
	}
	a.Say("allowed from now on for %s", named(repository))
	return nil
}

// remember adds what was new. The question may have stood open for hours: what was allowed,
// or taken away, in another terminal meanwhile counts.
func (a Asker) remember(r Request) (repository string, err error) {
	if err := os.MkdirAll(a.store(r.h).Dir, 0o700); err != nil {
		return "", err
	}
	defer a.lock(r.h)()
	record, _ := a.remembered(r.h) // Judge has warned of what is not believed
	return record.Repository, a.store(r.h).save(record.with(r.Fresh))
}

// lock keeps other runs of the caller's from the records until unlock is called.
func (a Asker) lock(h look.Host) (unlock func()) {
	state := filepath.Dir(StateDir(a.Getenv, string(h.User.Home)))
	unlock, _ = flock.Lock(context.Background(), state, "trust", a.Detail) // no context, no error
	return unlock
}

// Revoke forgets what was allowed for the repository of h, and says so.
func (a Asker) Revoke(h look.Host) error {
	repository := repositoryOf(h)
	unlock := a.lock(h)
	was, err := a.store(h).revoke(repository)
	unlock()
	switch {
	case err != nil:
		return hint.Failed(fmt.Errorf("forgetting what was allowed: %w", err), "")
	case was:
		a.Say("nothing is allowed for %s any more", named(repository))
	default:
		a.Say("nothing was allowed for %s", named(repository))
	}
	return nil
}

// All gives what is allowed, by repository.
func (a Asker) All(h look.Host) []Record {
	records, wrong := a.store(h).list()
	for _, err := range wrong {
		a.Warn("not believed: %v", err)
	}
	return records
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

// command is the line that allows what r asks for.
func (a Asker) command(r Request) string {
	words := slices.Clone(a.Command)
	if r.Container != config.DefaultContainer {
		words = append(words, r.Container)
	}
	return shellquote.Line(words)
}
