package pipeline

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"ctenv/internal/build"
	"ctenv/internal/config"
	"ctenv/internal/decide"
	"ctenv/internal/expand"
	"ctenv/internal/hint"
	"ctenv/internal/host"
	"ctenv/internal/initbin"
	"ctenv/internal/look"
	"ctenv/internal/plan"
	"ctenv/internal/trust"
)

// Subject is a container on its way from the files to the plan.
type Subject struct {
	*Opening
	Host      look.Host        // with what the container needs to be known of the machine
	Container config.Container // as the files and the flags have it
	Draft     *expand.Draft
	Seen      look.Seen
	// Asked is what of it the caller has not allowed yet: until then its files of
	// variables are not read.
	Asked trust.Request
	Plan  plan.Plan
	name  string // on the command line, "" for none
}

// Expand makes the draft of a run, of a container that stays, or of a command in one.
type Expand func(config.Container, look.Host) (*expand.Draft, error)

// ForRun expands a container for a run of command.
func ForRun(command []string) Expand {
	return func(c config.Container, h look.Host) (*expand.Draft, error) { return expand.Run(c, h, command) }
}

// Subject does all that needs no engine and opens no file of the configuration's, and
// finds out what the caller has to allow. With an error it has what came before.
func (o *Opening) Subject(name string, flags config.Container, expand Expand) (*Subject, error) {
	s, err := o.Draw(name, flags, expand)
	if err == nil {
		s.Asked, err = o.asker().Judge(s.Host, s.Draft, s.Seen)
	}
	return s, err
}

// Draw is Subject where nothing has to be allowed.
func (o *Opening) Draw(name string, flags config.Container, draft Expand) (s *Subject, err error) {
	s = &Subject{Opening: o, Host: o.Host, name: name}
	if s.Container, err = o.resolve(name, flags); err != nil {
		return s, err
	}
	if s.Host.InitPlaces, err = initbin.Places(s.Host); err != nil {
		return s, hint.Failed(err, "")
	}
	s.Host.Repository = gitRepository(s.Host)
	if expand.HasGroups(s.Container) {
		if s.Host.Groups, err = host.Groups(); err != nil {
			return s, hint.Failed(fmt.Errorf("reading your groups: %w", err), "")
		}
	}
	if s.Draft, err = draft(s.Container, s.Host); err != nil {
		return s, err
	}
	s.Seen = host.LookAtPaths(s.Draft.Wants())
	return s, nil
}

// Try does what a run of a container does before it asks for anything: no engine is asked,
// and what is not allowed is not read.
func (o *Opening) Try(name string) (*Subject, error) {
	s, err := o.Subject(name, config.Container{}, ForRun(nil))
	if err == nil {
		_, err = s.Check(look.Facts{})
	}
	return s, err
}

// Stay decides about a container that stays, as the files have it and as far as it is
// allowed.
func (o *Opening) Stay(ctx context.Context, name string) (*Subject, error) {
	s, err := o.Subject(name, config.Container{}, expand.Stay)
	if err == nil {
		err = s.Decide(ctx)
	}
	return s, err
}

// Build makes the plan of what is known by now.
func (s *Subject) Build(facts look.Facts) (err error) {
	if s.Asked.Allowed() {
		wants := s.Draft.Wants()
		if s.Note != nil {
			wants.GitIdentity = "" // the container has it, and a process would take longer than all the rest
		}
		host.Read(wants, &s.Seen)
	}
	s.Plan, err = decide.Plan(s.Draft, s.Seen, facts)
	return err
}

// Check makes the plan as far as it can be made without an engine, and says what is to be
// built for it.
func (s *Subject) Check(facts look.Facts) (*plan.ImageBuild, error) {
	if err := s.Build(facts); err != nil {
		return nil, err
	}
	return decide.ImageBuild(s.Draft, s.Seen)
}

// Unseen is Check for a plan that is shown: the values of variables that the caller has not
// allowed are left out of it. Where it cannot be made without them, that is an error.
func (s *Subject) Unseen(flags config.Container, expand Expand, facts look.Facts) (*plan.ImageBuild, error) {
	b, err := s.Check(facts)
	o := *s.Opening
	o.Host.Withheld = s.withheld()
	if err != nil || len(o.Host.Withheld) == 0 {
		return b, err
	}
	x, err := o.Draw(s.name, flags, expand)
	if err == nil {
		x.Asked = s.Asked
		b, err = x.Check(facts)
	}
	if err != nil {
		names := strings.Join(slices.Sorted(maps.Keys(o.Host.Withheld)), ", ")
		return nil, &config.Error{Msg: "what would run cannot be shown without the values of variables that you have not allowed: " + names, Hint: "allow them first"}
	}
	s.Draft, s.Seen, s.Plan = x.Draft, x.Seen, x.Plan
	return b, nil
}

// withheld are the variables that the project's file names and nobody has allowed.
func (s *Subject) withheld() map[string]bool {
	names := map[string]bool{}
	for _, g := range s.Asked.Fresh {
		if g.Kind == "variable" {
			names[g.Value] = true
		}
	}
	return names
}

// Decide makes the plan where nothing was asked: a mistake in the configuration is said
// whether or not an engine is there.
func (s *Subject) Decide(ctx context.Context) error {
	if err := s.Build(look.Facts{}); err != nil {
		return err
	}
	return s.Finish(ctx)
}

// Finish makes the plan with what the engine says.
func (s *Subject) Finish(ctx context.Context) error {
	facts, err := s.facts(ctx)
	if err != nil {
		return err
	}
	return s.Build(facts)
}

// facts asks for what the plan depends on.
func (s *Subject) facts(ctx context.Context) (look.Facts, error) {
	if s.Note != nil {
		return s.Note.Facts(), nil
	}
	e, err := s.Engine.Engine(ctx)
	if err != nil {
		return look.Facts{}, err
	}
	facts, err := e.Facts(ctx)
	if err != nil || !s.Draft.NeedsImageConfig() {
		return facts, err
	}
	facts.ImageEntrypoint, facts.ImageCmd, err = e.ImageConfig(ctx, s.Draft.Settings.Image.V, s.Draft.Settings.Platform.V, s.Draft.Pull(), s.Streams())
	return facts, err
}

// Exec decides about a command in the container s. It is a run's plan of which only the
// command is left: its place, streams and own variables.
func (s *Subject) Exec(ctx context.Context, flags config.Container, command []string) (plan.Exec, error) {
	o := *s.Opening
	// In a container that runs, a template of the file's place or shell could still tell
	// what is not allowed.
	o.Host.Withheld = s.withheld()
	x, err := o.Draw(s.name, flags, func(c config.Container, h look.Host) (*expand.Draft, error) {
		return expand.Exec(c, flags, h, command)
	})
	if err != nil {
		return plan.Exec{}, err
	}
	// Looking for worktrees takes longer than all the rest, and was just done.
	x.Seen.Worktrees, x.Seen.Borrowed = s.Seen.Worktrees, s.Seen.Borrowed
	facts, err := x.facts(ctx)
	if err != nil {
		return plan.Exec{}, err
	}
	facts.Proxies = nil // the container has those of its start
	err = x.Build(facts)
	// x has nothing of run_args, and so not all that is mounted.
	x.Plan.Request.Worktrees = s.Plan.Request.Worktrees
	return x.Plan.Enter(), err
}

// Complete says that the container can be made: nothing is left to be allowed or refused,
// and no directory to be made.
func (s *Subject) Complete() bool {
	return s.Asked.Settled() && len(s.Asked.Held) == 0 && len(decide.Missing(s.Draft, s.Seen)) == 0
}

// BuildImage builds the image that s runs, where it has to be built.
func (s *Subject) BuildImage(ctx context.Context) error {
	b, err := decide.ImageBuild(s.Draft, s.Seen)
	if err != nil || b == nil {
		return err
	}
	e, err := s.Engine.Engine(ctx)
	if err != nil {
		return err
	}
	return build.Job{Image: *b, Project: s.Draft.Host.Project(), Engine: e, Pull: b.Refresh, Console: &s.Console}.Ensure(ctx)
}

// Prepare does what has to be done before the container is made.
func (s *Subject) Prepare(ctx context.Context) error {
	if !s.Complete() {
		return hint.Failed(fmt.Errorf("container %s has ended meanwhile", s.Plan.Container), "call it again")
	}
	s.Report()
	if err := s.BuildImage(ctx); err != nil {
		return err
	}
	return initbin.Install(&s.Plan, s.Detail)
}

// Report says what the plan has to say.
func (s *Subject) Report() {
	for _, n := range s.Plan.Notes {
		s.Detail("%s", n)
	}
	for _, w := range s.Plan.Warnings {
		s.Warn("%s", w)
	}
}
