package cli

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"ctenv/internal/config"
	"ctenv/internal/engine/persist"
	"ctenv/internal/expand"
	"ctenv/internal/hint"
	"ctenv/internal/pipeline"
	"ctenv/internal/plan"
	"ctenv/internal/tty"
	"ctenv/internal/usage"
)

func (a *app) newExec() *cobra.Command {
	var flags runFlags
	cmd := &cobra.Command{
		Use:   "exec [flags] [CONTAINER] [-- COMMAND...]",
		Short: "Run a command in a container that stays, which is started if need be",
		Long: `exec runs COMMAND as you, or a shell, in the container that start makes, and starts it
where there is none. Place, streams, signals and exit code are as with run.`,
		Example: `  ctenv exec build -- id -un
  ctenv exec -- sh -c 'pwd; umask'`,
		ValidArgsFunction: a.completeContainer,
	}
	cmd.Flags().SortFlags = false
	flags.declarePlace(cmd)
	flags.declareStreams(cmd)
	a.declareSource(cmd)
	cmd.Flag("detach").Usage = "run in the background"
	cmd.RunE = flags.runE(func(ctx context.Context, opts runOptions) error {
		a.LostQuietly = true // who makes the container says it
		return a.exec(ctx, opts)
	})
	return cmd
}

// exec runs a command in a container that stays. Where that runs it is asked itself,
// and no engine is.
func (a *app) exec(ctx context.Context, opts runOptions) error {
	sigs := tty.ExpectSignals()
	if code, again, err := a.execWarm(ctx, opts, sigs); !again {
		return hint.Ended(code, err) // which is this process's end
	}
	sigs.Stop()
	o, err := a.Open(ctx, false)
	if err != nil {
		return err
	}
	defer o.Close()
	files := runOptions{container: opts.container, command: opts.command}
	s, err := a.choose(o, "exec", files, expand.Stay)
	if err != nil {
		return err
	}
	if err := execConsent(ctx, s); err != nil {
		return err
	}
	if err := s.Decide(ctx); err != nil {
		return err
	}
	x, err := s.Exec(ctx, opts.flags, opts.command)
	if err != nil {
		return err
	}
	e, err := s.Engine.Engine(ctx)
	if err != nil {
		return err
	}
	wanted := persist.Wanted{Engine: e, Plan: s.Plan, Streams: a.Streams(), Prepare: func(ctx context.Context) error {
		a.Say("starting container %s", s.Plan.Container)
		return s.Prepare(ctx)
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
func (a *app) execWarm(ctx context.Context, opts runOptions, sigs *tty.Signals) (code int, again bool, err error) {
	o, err := a.Look()
	if err != nil {
		return 0, false, err
	}
	if a.byShim && !o.HasProject() {
		return 0, false, a.noProject()
	}
	s, err := o.Subject(opts.container, config.Container{}, expand.Stay)
	if err != nil {
		return 0, false, usage.Meant(err, "exec", "", opts.command)
	}
	options := a.EngineOptions(s.Draft.Settings.Runtime.V)
	key, err := options.Key(plan.StayKeyOf(o.Host, s.Draft.Container()))
	if err != nil {
		return 0, true, nil // whoever asks the engine says why
	}
	entry, err := persist.Knock(ctx, options.SocketDirs, key, a.Streams())
	if entry == nil {
		return 0, err == nil, err
	}
	defer entry.Close()
	note := entry.Note()
	o.Note = &note
	if err := s.Decide(ctx); err != nil {
		return 0, false, err
	}
	x, err := s.Exec(ctx, opts.flags, opts.command)
	if err != nil {
		return 0, false, err
	}
	o.WarnOfFiles()
	a.warnOfChange(s.Draft.Container(), s, note.Fingerprint)
	return entry.Exec(ctx, x, a.Streams(), sigs, options.Getenv)
}

// execConsent asks where the container has to be started, and has missing directories
// made: in one that runs, or is about to, nothing new reaches the host. Where the file may not
// choose the engine yet, nobody knows whether it runs, and that is asked first.
func execConsent(ctx context.Context, s *pipeline.Subject) error {
	if !s.Asked.Asks("runtime") {
		if err := s.Use(ctx, s.Draft.Settings.Runtime.V); err != nil || s.Complete() {
			return err
		}
		e, err := s.Engine.Engine(ctx)
		if err != nil {
			return err
		}
		there, err := persist.Find(ctx, e, plan.StayKeyOf(s.Host, s.Draft.Container()))
		if err != nil || slices.ContainsFunc(there, persist.Container.GoesOn) {
			return err
		}
	}
	return s.Consent(ctx)
}
