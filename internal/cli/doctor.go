package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"ctenv/internal/build"
	"ctenv/internal/config"
	"ctenv/internal/engine"
	"ctenv/internal/host"
	"ctenv/internal/initbin"
	"ctenv/internal/plan"
	"ctenv/internal/term"
)

// patience is how long doctor waits for an engine or a command.
const patience = 10 * time.Second

func (a *app) newDoctor() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Say what works here, and what to do about what does not",
		Long: `Checks what ctenv needs: your account, the project and its configuration, the
engine, the set-up of rootless engines, ctenv-init in the cache, and a command
that builds images. One line each, and nothing is changed. The exit code is 1
when something fails.`,
		Example: `  ctenv doctor`,
		Args:    noArgs,
		RunE:    untilSignal(func(cmd *cobra.Command, _ []string) error { return a.doctor(cmd.Context()) }),
	}
}

// state of a check.
type state struct {
	word  string
	style term.Style
}

var (
	stateOK   = state{"ok", term.Green}
	stateWarn = state{"warn", term.Yellow} // works, but not everything
	stateFail = state{"fail", term.Error}
)

// finding is one line of doctor.
type finding struct {
	state
	about string // what was looked at
	text  string
	hint  string // what to do
}

// examination is what doctor knows so far: later checks depend on earlier ones.
type examination struct {
	host   plan.Host
	config *config.Config // nil when it cannot be read
	builds bool           // a container has a build
	engine *engine.About  // nil when none answers
}

func (a *app) doctor(ctx context.Context) error {
	var x examination
	code := 0
	for _, check := range []func(context.Context, *examination) []finding{
		a.checkCaller, a.checkProject, a.checkContainers, a.checkEngine, a.checkRootless, a.checkInit, a.checkBuilder,
	} {
		findings := check(ctx, &x)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		for _, f := range findings {
			if f.state == stateFail {
				code = exitConfig
			}
			if err := a.printFinding(f); err != nil {
				return outputFailed(err)
			}
		}
	}
	return status(code)
}

func (a *app) printFinding(f finding) error {
	out := a.stdout()
	const indent = "                  "
	line := fmt.Sprintf("%s%s  %-10s  ", out.Paint(f.style, f.word), strings.Repeat(" ", 4-len(f.word)), f.about)
	body := func(text string) string {
		text = term.OneLine(text)
		if out.Columns() == 0 {
			return text
		}
		return term.Wrap(text, max(out.Columns()-len(indent), 20), indent)
	}
	line += body(f.text) + "\n"
	if f.hint != "" {
		line += indent + out.Paint(term.Cyan, "hint:") + " " + body(f.hint) + "\n"
	}
	_, err := fmt.Fprint(a.Stdout, line)
	return err
}

// failed makes a finding of an error, with the hint that it has.
func failed(about string, err error) finding {
	f := finding{stateFail, about, err.Error(), ""}
	var (
		engErr  *engine.Error
		cfgErr  *config.Error
		hostErr *hostError
	)
	switch {
	case errors.As(err, &engErr):
		f.hint = engErr.Hint
	case errors.As(err, &cfgErr):
		f.hint = cfgErr.Hint
	case errors.As(err, &hostErr):
		f.hint = hostErr.hint
	}
	return f
}

func (a *app) checkCaller(_ context.Context, x *examination) []finding {
	h, err := host.Probe(a.Environ, a.Stdin, a.Stdout, a.Stderr)
	if err != nil {
		return []finding{failed("caller", err)}
	}
	h.Version = a.Version
	x.host = h
	text := fmt.Sprintf("%s, uid %d, gid %d, home %s", h.User.Name, h.User.UID, h.User.GID, h.User.Home)
	if info, err := os.Stat(string(h.User.Home)); err != nil || !info.IsDir() {
		return []finding{{stateWarn, "caller", text + ", which is no folder here", "ctenv's cache needs one: set XDG_CACHE_HOME or HOME"}}
	}
	return []finding{{stateOK, "caller", text, ""}}
}

func (a *app) checkProject(_ context.Context, x *examination) []finding {
	cfg, err := config.Load(config.LoadOptions{
		Cwd: x.host.Cwd, Home: string(x.host.User.Home), ProjectDir: a.projectDir, Files: a.configs,
	})
	if err != nil {
		return []finding{failed("config", err)}
	}
	x.config = cfg
	host.SetProject(&x.host, cfg.ProjectDir)
	files := finding{stateOK, "config", strings.Join(cfg.Files, ", "), ""}
	if len(cfg.Files) == 0 {
		files.text, files.hint = "no file; the built-in defaults hold", "ctenv init writes one"
	}
	project := finding{stateOK, "project", cfg.ProjectDir, ""}
	switch info, err := os.Stat(cfg.ProjectDir); {
	case cfg.ProjectDir == "":
		project.state = stateWarn
		project.text = "none: / and the home directory are mounted only when -p names them"
		project.hint = "go to a project's folder"
	case err != nil:
		project = failed("project", err)
	case !info.IsDir():
		project = finding{stateFail, "project", cfg.ProjectDir + " is no folder", ""}
	}
	return []finding{project, files}
}

// checkContainers makes the plan of each container, short of the engine.
func (a *app) checkContainers(_ context.Context, x *examination) []finding {
	if x.config == nil {
		return nil
	}
	var found []finding
	if _, err := x.config.DefaultName(); err != nil {
		found = append(found, failed("config", err))
	}
	good := []string{}
	for _, name := range x.config.Names() {
		if err := a.tryContainer(name, x); err != nil {
			found = append(found, failed("container", fmt.Errorf("%s: %w", name, err)))
		} else {
			good = append(good, name)
		}
	}
	for _, w := range x.config.Warnings {
		found = append(found, finding{stateWarn, "config", w.Error(), w.Hint})
	}
	if len(good) > 0 {
		found = append(found, finding{stateOK, "containers", strings.Join(good, ", "), ""})
	}
	return found
}

func (a *app) tryContainer(name string, x *examination) error {
	c, err := x.config.Resolve(name, config.Container{})
	if err != nil {
		return err
	}
	x.builds = x.builds || c.Build.Set
	h := x.host
	if len(c.Groups) > 0 {
		if h.Groups, err = host.Groups(); err != nil {
			return err
		}
	}
	draft, err := plan.Expand(c, h, nil)
	if err != nil {
		return err
	}
	seen := host.Look(draft.Wants())
	if _, err = plan.Build(draft, seen, plan.Facts{}); err != nil {
		return err
	}
	_, err = draft.ImageBuild(seen)
	return err
}

// runtimeOf is the engine that the default container asks for, where the command line
// does not.
func (a *app) runtimeOf(cfg *config.Config) string {
	if a.runtime != "" || cfg == nil {
		return a.runtime
	}
	c, err := cfg.Resolve("", config.Container{})
	if err != nil {
		return ""
	}
	return c.Runtime.V
}

func (a *app) checkEngine(ctx context.Context, x *examination) []finding {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	eng, err := a.connect(ctx, a.runtimeOf(x.config))
	if err != nil {
		return []finding{failed("engine", err)}
	}
	defer eng.Close()
	about, err := eng.About(ctx)
	if err != nil {
		return []finding{failed("engine", err)}
	}
	x.engine = &about
	kind := "rootful"
	if about.Rootless {
		kind = "rootless"
	}
	return []finding{{stateOK, "engine", fmt.Sprintf("%s %s (API %s, %s, %s) at %s",
		about.Name, about.Version, about.API, about.Platform, kind, about.Address), ""}}
}

// checkInit looks at the program that is mounted into each container.
func (a *app) checkInit(_ context.Context, x *examination) []finding {
	const about = "ctenv-init"
	arch := runtime.GOARCH
	if x.engine != nil {
		_, arch, _ = strings.Cut(x.engine.Platform, "/")
	}
	dir := cacheDir(x.host)
	program, err := initbin.Find(dir, arch)
	if err != nil {
		return []finding{failed(about, err)}
	}
	switch program.State() {
	case initbin.Intact:
		return []finding{{stateOK, about, program.Path, ""}}
	case initbin.Changed:
		return []finding{{stateWarn, about, program.Path + " is not what this ctenv holds; the next run replaces it",
			"find out who wrote there, and mount the cache into no container"}}
	}
	// The first run makes the folder: who may write to what is there of it?
	existing := dir
	for existing != "/" {
		if _, err := os.Stat(existing); err == nil {
			break
		}
		existing = filepath.Dir(existing)
	}
	if err := unix.Access(existing, unix.W_OK|unix.X_OK); err != nil {
		return []finding{{stateFail, about, fmt.Sprintf("%q cannot be made: %q: %v", dir, existing, err), "XDG_CACHE_HOME chooses another folder"}}
	}
	return []finding{{stateOK, about, "not in " + dir + " yet; the first run puts it there", ""}}
}

// checkBuilder looks for what containers with build are built by.
func (a *app) checkBuilder(ctx context.Context, x *examination) []finding {
	const about = "builder"
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	builder, err := build.Find(ctx, a.Environ, x.engine != nil && x.engine.Name == "Podman")
	missing := (*build.MissingError)(nil)
	switch {
	case errors.As(err, &missing) && x.builds:
		return []finding{{stateFail, about, err.Error(), "install it; a container here has a build"}}
	case errors.As(err, &missing):
		return []finding{{stateWarn, about, err.Error(), "install it where containers are to be built"}}
	case err != nil:
		return []finding{failed(about, err)}
	case builder.NoBuildKit:
		return []finding{{stateWarn, about, builder.String() + ", without BuildKit: no cache mounts, no secrets",
			"install docker's buildx plugin (the package docker-buildx-plugin or docker-buildx)"}}
	}
	return []finding{{stateOK, about, builder.String(), ""}}
}
