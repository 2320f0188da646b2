package cli

import (
	"context"
	"maps"

	"github.com/spf13/cobra"

	"ctenv/internal/config"
	"ctenv/internal/engine/persist"
	"ctenv/internal/hint"
	"ctenv/internal/plan"
)

func (a *app) newExec() *cobra.Command {
	var flags runFlags
	cmd := &cobra.Command{
		Use:   "exec [flags] [CONTAINER] [-- COMMAND...]",
		Short: "Run a command in a container that stays, which is started if need be",
		Example: `  ctenv exec build -- id -un
  ctenv exec -- sh -c 'pwd; umask'`,
		ValidArgsFunction: a.completeContainer,
	}
	cmd.Flags().SortFlags = false
	flags.declarePlace(cmd)
	flags.declareStreams(cmd)
	declareTrust(a, cmd)
	declareDevcontainer(a, cmd)
	cmd.Flag("detach").Usage = "run in the background"
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		opts, err := flags.options(cmd, args)
		if err != nil {
			return err
		}
		a.lostQuietly = true // who makes the container says it
		return a.exec(cmd.Context(), opts)
	}
	return cmd
}

// exec runs a command in a container that stays. Where that runs it is asked itself,
// and no engine is.
func (a *app) exec(ctx context.Context, opts runOptions) error {
	if code, again, err := a.execWarm(ctx, opts); !again {
		return hint.Ended(code, err)
	}
	c, err := a.open(ctx, false)
	if err != nil {
		return err
	}
	defer c.close()
	files := runOptions{container: opts.container, command: opts.command}
	s, err := a.choose(c, "exec", files, plan.ExpandStay)
	if err != nil {
		return err
	}
	if err := a.execConsent(ctx, &c, &s); err != nil {
		return err
	}
	if err := a.decide(ctx, c, &s); err != nil {
		return err
	}
	x, err := a.execPlan(ctx, c, s, opts)
	if err != nil {
		return err
	}
	e, err := c.eng.Engine(ctx)
	if err != nil {
		return err
	}
	prepare := a.prepare(c, s)
	wanted := persist.Wanted{Engine: e, Plan: s.plan, Streams: a.streams(), Prepare: func(ctx context.Context) error {
		a.Say("starting container %s", s.plan.Container)
		return prepare(ctx)
	}}
	code, err := wanted.Exec(ctx, x, func(there persist.Container, fresh bool) {
		if !fresh {
			a.warnOfChange(there.Container(), s, there.Labels[plan.LabelConfig])
		}
	})
	return hint.Ended(code, err)
}

// execWarm runs a command in a container that is there. again says that there is none
// any more, or none that can be found without an engine. Nothing is asked: nothing new
// reaches the host.
func (a *app) execWarm(ctx context.Context, opts runOptions) (code int, again bool, err error) {
	var c opening
	if c.h, c.cfg, err = a.look(); err != nil {
		return 0, false, err
	}
	if a.byShim && !hasProject(c.cfg) {
		return 0, false, a.noProject()
	}
	s, err := a.subject(c.h, c.cfg, opts.container, config.Container{}, plan.ExpandStay)
	if err != nil {
		return 0, false, meant(err, "exec", opts.command)
	}
	runtime := s.draft.Runtime().V
	if runtime == "auto" {
		runtime = a.runtime
	}
	options := a.engineOptions(runtime)
	key, err := options.Key(plan.StayKeyOf(c.h, s.draft.Container()))
	if err != nil {
		return 0, true, nil // whoever asks the engine says why
	}
	entry := persist.Knock(ctx, options.SocketDirs, key, a.streams())
	if entry == nil {
		return 0, true, nil
	}
	defer entry.Close()
	note := entry.Note()
	c.note = &note
	if err := a.decide(ctx, c, &s); err != nil {
		return 0, false, err
	}
	x, err := a.execPlan(ctx, c, s, opts)
	if err != nil {
		return 0, false, err
	}
	a.warnOf(c.cfg)
	a.warnOfChange(s.draft.Container(), s, note.Fingerprint)
	return entry.Exec(ctx, x, a.streams(), options.Getenv)
}

// execConsent asks where the container has to be started, and has missing directories
// made: in one that runs nothing new reaches the host. Where the file may not choose the engine yet, nobody knows whether
// it runs, and that is asked first.
func (a *app) execConsent(ctx context.Context, c *opening, s *subject) error {
	if !s.asked.Asks("runtime") {
		if err := a.use(ctx, c, s.draft.Runtime().V); err != nil || s.complete() {
			return err
		}
		e, err := c.eng.Engine(ctx)
		if err != nil {
			return err
		}
		there, err := persist.Find(ctx, e, plan.StayKeyOf(c.h, s.draft.Container()))
		if err != nil || len(there) > 0 {
			return err
		}
	}
	return a.consent(ctx, c, s)
}

// withoutVariables empties the variables that are not allowed: in a container that runs,
// a template of the file's place or shell could still tell one.
func withoutVariables(env map[string]string, grants []plan.Grant) map[string]string {
	env = maps.Clone(env)
	for _, g := range grants {
		if _, set := env[g.Value]; set && g.Kind == "variable" {
			env[g.Value] = ""
		}
	}
	return env
}

// execPlan decides about a command in the container s. It is a run's plan of which only
// the command is left: its place, streams and own variables.
func (a *app) execPlan(ctx context.Context, c opening, s subject, opts runOptions) (plan.Exec, error) {
	c.h.Env = withoutVariables(c.h.Env, s.asked.Fresh)
	x, err := a.draw(c.h, c.cfg, opts.container, opts.flags, func(c config.Container, h plan.Host) (*plan.Draft, error) {
		return plan.ExpandExec(c, opts.flags, h, opts.command)
	})
	if err != nil {
		return plan.Exec{}, err
	}
	facts, err := a.facts(ctx, c, x.draft)
	if err != nil {
		return plan.Exec{}, err
	}
	facts.Proxies = nil // the container has those of its start
	err = x.build(facts)
	return x.plan.Enter(), err
}
