// Package pipeline goes from the caller, the files and the engine to a plan, for whatever
// command: Look and Open find what there is, a Subject is one container on its way. Each
// step is made here and nowhere else.
package pipeline

import (
	"context"
	"path/filepath"
	"slices"

	"ctenv/internal/config"
	"ctenv/internal/configfile"
	"ctenv/internal/engine"
	"ctenv/internal/expand"
	"ctenv/internal/host"
	"ctenv/internal/initbin"
	"ctenv/internal/look"
	"ctenv/internal/plan"
	"ctenv/internal/streams"
	"ctenv/internal/term"
	"ctenv/internal/trust"
)

// Caller is who calls ctenv, and with which global flags.
type Caller struct {
	term.Console
	Version    string   // of this ctenv
	SystemFile string   // path of the system's configuration, "" for none
	Configs    []string // --config
	ProjectDir string   // -p
	Runtime    string   // --runtime
	Trust      bool     // --trust
	// Devcontainer is a file that takes the place of the project's, absolute. LostQuietly:
	// what of it is left out is said with -v alone.
	Devcontainer string
	LostQuietly  bool
}

// Opening is what a command about containers begins with: an engine, and all that can be
// known without one.
type Opening struct {
	*Caller
	Engine *engine.Search // nil for a dry run, and where none is asked
	Host   look.Host
	Config *config.Config
	// Note is what the container says, where it is asked.
	Note *plan.Note
	// Mistake is why the files cannot be read: then Config knows the project's directory,
	// if that.
	Mistake error
}

// Probe finds the caller.
func (a *Caller) Probe() (look.Host, error) {
	h, err := host.Probe(a.Environ, a.Stdin, a.Stdout, a.Stderr)
	if err != nil {
		return look.Host{}, err
	}
	h.Version, h.Verbosity = a.Version, a.Verbosity()
	return h, nil
}

// Look finds the caller and the configuration. Where the files have a mistake, it gives
// with the error what is known without them.
func (a *Caller) Look() (*Opening, error) {
	o := &Opening{Caller: a}
	if o.Host, o.Mistake = a.Probe(); o.Mistake != nil {
		return o, o.Mistake
	}
	h := &o.Host
	if o.Config, o.Mistake = configfile.Load(a.loadOptions(*h)); o.Config != nil {
		host.SetProject(h, o.Config.ProjectDir)
		h.ByPwd = o.Config.ByPwd
		h.Mine = host.Mine(h.Env, o.Config.Safe)
	}
	h.Guarded, h.Links = a.guarded(*h)
	h.Sockets = a.sockets(*h)
	return o, o.Mistake
}

// Open is Look with the engine that the caller has chosen, or with none in a dry run.
func (a *Caller) Open(ctx context.Context, dryRun bool) (*Opening, error) {
	var search *engine.Search
	if !dryRun {
		// First, so that the engine answers while the files are read.
		var err error
		if search, err = a.find(ctx, a.Runtime); err != nil {
			return nil, err
		}
	}
	o, err := a.Look()
	o.Host.HideEnv = dryRun
	if o.Engine = search; err != nil {
		o.Close()
	}
	return o, err
}

// OpenStaying is Open for a command about a container that is there already: whoever has
// broken the file can still look at it and stop it. Only which one is the default, for the
// name "", is in the file.
func (a *Caller) OpenStaying(ctx context.Context, name string, needsDefault bool) (*Opening, error) {
	o, err := a.Open(ctx, false)
	if err == nil {
		err = o.Use(ctx, o.RuntimeOf(name))
	}
	if o == nil || o.Mistake == nil || o.Config == nil || needsDefault && name == "" {
		return o, err
	}
	a.Warn("going on without the configuration: %v", err)
	o.Engine, err = a.find(ctx, a.Runtime)
	return o, err
}

// Close ends what Open has begun.
func (o *Opening) Close() {
	if o.Engine != nil {
		o.Engine.Close()
	}
}

// Use goes on to the engine that a file asks for: it knows better than the guess that o
// has.
func (o *Opening) Use(ctx context.Context, runtime string) error {
	if runtime == "" || runtime == "auto" || runtime == o.Runtime {
		return nil
	}
	o.Engine.Close()
	other, err := o.find(ctx, runtime)
	if err == nil {
		o.Engine = other
	}
	return err
}

// commandLine has no directory: relative paths belong to the current directory.
var commandLine = config.Source{Name: "command line", CommandLine: true}

// CommandLine is the place of what flags say.
func CommandLine() config.Pos { return config.Pos{Source: &commandLine} }

// resolve puts a container together. --runtime goes before what the files say, whatever
// the command: else two of them could mean two engines.
func (o *Opening) resolve(name string, flags config.Container) (config.Container, error) {
	if o.Runtime != "" {
		flags.Runtime = config.String{V: o.Runtime, Pos: CommandLine(), Set: true}
	}
	return o.Config.Resolve(name, flags)
}

// RuntimeOf is the engine that is wanted for a container, "" where the files cannot say: who
// runs one is told why, and others go on.
func (o *Opening) RuntimeOf(name string) string {
	container, err := o.resolve(name, config.Container{})
	if err != nil {
		return ""
	}
	runtime, _ := expand.Runtime(container, o.Host)
	return runtime
}

// HasProject says that a file describes the project, be it that another is read in its
// place, and not the current directory alone is taken for one.
func (o *Opening) HasProject() bool {
	return o.Config.Described || slices.ContainsFunc(o.Config.Files, func(file string) bool { return filepath.Dir(file) == o.Config.ProjectDir })
}

// WarnOfFiles says which keys of the files have no effect.
func (o *Opening) WarnOfFiles() {
	for _, w := range o.Config.Warnings {
		o.Warn("%v; %s", w, w.Hint)
	}
}

// loadOptions say where the configuration is, and whose it may be.
func (a *Caller) loadOptions(h look.Host) configfile.Options {
	return configfile.Options{
		Cwd: h.Cwd, Pwd: h.Pwd, Spell: host.Spelling(string(h.User.Home)), Home: string(h.User.Home),
		ProjectDir: a.ProjectDir, Files: a.Configs, System: a.SystemFile,
		Foreign: a.Devcontainer, Translate: func(data []byte) ([]byte, error) { return a.translateDevcontainer(h, data) },
		Refuse: func(file string, safe []string) error {
			trail, err := host.Trail(file)
			if err != nil {
				return configfile.Unread(file, err)
			}
			if s := trail.Judge(host.Mine(h.Env, safe)); s != nil {
				return &config.Error{Msg: s.Error(file), Hint: s.Hint(file), Found: true}
			}
			return nil
		},
	}
}

// find starts to look for an engine of that kind, with the caller's environment.
func (a *Caller) find(ctx context.Context, runtime string) (*engine.Search, error) {
	return engine.Find(ctx, a.EngineOptions(runtime))
}

// Connect is for a command that has nothing else to do while an engine is looked for.
func (a *Caller) Connect(ctx context.Context, runtime string) (*engine.Engine, error) {
	return engine.Connect(ctx, a.EngineOptions(runtime))
}

// EngineOptions say which engine is looked for, and how.
func (a *Caller) EngineOptions(runtime string) engine.Options {
	environ := host.Env(a.Environ)
	getenv := func(name string) string { return environ[name] }
	return engine.Options{
		Runtime:    runtime,
		Getenv:     getenv,
		Init:       initbin.Bytes,
		PlaceInit:  initbin.Place,
		SocketDirs: engine.SocketDirs(getenv, initbin.CacheIn(environ, environ["HOME"])),
	}
}

// Streams are the caller's, with the messages about them.
func (a *Caller) Streams() streams.Streams {
	s := streams.Streams{In: a.Stdin, Out: a.Stdout, Err: a.Stderr, Progress: a.Stderr, Say: a.Say, Verbose: a.Detail, Warn: a.Warn}
	if a.Quiet {
		s.Progress = nil
	}
	return s
}

// asker asks about the project's file, or whatever stands in its place.
func (o *Opening) asker() trust.Asker {
	asker := trust.Asker{Console: &o.Console, ThisTime: o.Trust, Config: o.Config.Trust}
	if o.Devcontainer != "" {
		return asker
	}
	asker.Command = []string{"ctenv"}
	if o.ProjectDir != "" {
		asker.Command = append(asker.Command, "-p", o.ProjectDir)
	}
	for _, f := range o.Configs {
		asker.Command = append(asker.Command, "--config", f)
	}
	asker.Command = append(asker.Command, "trust")
	return asker
}
