// Package doctor looks for what ctenv needs, and says what to do about what is missing.
package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"ctenv/internal/build"
	"ctenv/internal/config"
	"ctenv/internal/engine"
	"ctenv/internal/engine/inside"
	"ctenv/internal/engine/inventory"
	"ctenv/internal/hint"
	"ctenv/internal/initbin"
	"ctenv/internal/pipeline"
	"ctenv/internal/shellquote"
	"ctenv/internal/slug"
	"ctenv/internal/term"
)

// patience is how long doctor waits for an engine or a command. Podman answers nothing while
// another command of it holds its storage, half a minute on a busy machine.
const patience = time.Minute

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
	*pipeline.Opening
	builds bool          // a container has a build
	images []string      // of the containers, that of the default one first
	about  *engine.About // nil when no engine answers
}

// findingReport is a finding in JSON.
type findingReport struct {
	State string `json:"state"` // "ok", "warn" or "fail"
	About string `json:"about"`
	Text  string `json:"text"`
	Hint  string `json:"hint,omitempty"`
}

// Run looks at one thing after the other, last at a run where that is wanted, and prints
// what it finds. With a check that fails, the error is a hint.Status.
func Run(ctx context.Context, caller *pipeline.Caller, run, asJSON bool) error {
	var x examination
	x.Opening, _ = caller.Look() // whose mistake is a finding
	x.Host.Verbosity = 0         // the trial's output is read
	code := 0
	reports := []findingReport{}
	checks := []func(context.Context) []finding{
		x.checkCaller, x.checkProject, x.checkContainers, x.checkEngine, x.checkRootless, x.checkInit, x.checkBuilder, x.checkOldVolumes,
	}
	if run {
		checks = append(checks, x.checkRun)
	}
	for _, check := range checks {
		findings := check(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		for _, f := range findings {
			if f.state == stateFail {
				code = hint.Config
			}
			if asJSON {
				reports = append(reports, findingReport{f.word, f.about, f.text, f.hint})
			} else if err := x.print(f); err != nil {
				return err
			}
		}
	}
	if asJSON {
		if err := x.PrintJSON(reports); err != nil {
			return err
		}
	}
	return hint.Ended(code, nil)
}

func (x *examination) print(f finding) error {
	out := x.Out()
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
		hint := "hint: " + f.hint
		line += indent + strings.Replace(body(hint), "hint:", out.Paint(term.Cyan, "hint:"), 1) + "\n"
	}
	return x.Print(line)
}

// failed makes a finding of an error, with the hint that it has.
func failed(about string, err error) finding {
	way, _ := hint.Of(err)
	if errors.Is(err, context.DeadlineExceeded) {
		return finding{stateFail, about, "the container engine has not answered in time", "an engine that is busy answers later, and one that hangs has to be restarted"}
	}
	return finding{stateFail, about, err.Error(), way}
}

func (x *examination) checkCaller(context.Context) []finding {
	u := x.Host.User
	if u.Name == "" {
		return []finding{failed("caller", x.Mistake)}
	}
	text := fmt.Sprintf("%s, uid %d, gid %d, home %s", u.Name, u.UID, u.GID, u.Home)
	if info, err := os.Stat(string(u.Home)); err != nil || !info.IsDir() {
		return []finding{{stateWarn, "caller", text + ", which is not a directory here", "ctenv's cache needs one: set XDG_CACHE_HOME or HOME"}}
	}
	return []finding{{stateOK, "caller", text, ""}}
}

func (x *examination) checkProject(context.Context) []finding {
	if x.Host.User.Name == "" {
		return nil // what is looked for depends on who asks and where
	}
	cfg := x.Config
	if x.Mistake != nil {
		return []finding{failed("config", x.Mistake)}
	}
	files := finding{stateOK, "config", strings.Join(cfg.Files, ", "), ""}
	if len(cfg.Files) == 0 {
		files.text, files.hint = "no file; the built-in defaults hold", "ctenv init writes one"
	}
	project := finding{stateOK, "project", cfg.ProjectDir, ""}
	switch info, err := os.Stat(cfg.ProjectDir); {
	case cfg.ProjectDir == "":
		project.state = stateWarn
		project.text = "none: / and the home directory are mounted only when -p names them"
		project.hint = "go to a project's directory"
	case err != nil:
		project = failed("project", err)
	case !info.IsDir():
		project = finding{stateFail, "project", cfg.ProjectDir + " is not a directory", ""}
	}
	return []finding{project, files}
}

// checkContainers makes the plan of each container, short of the engine.
func (x *examination) checkContainers(context.Context) []finding {
	if x.Mistake != nil {
		return nil
	}
	var found []finding
	first, err := x.Config.Marked()
	if err != nil {
		found = append(found, failed("config", err))
	}
	good := []string{}
	names := x.Config.Runs()
	if first = cmp.Or(first, config.DefaultContainer); slices.Contains(names, first) {
		names = append([]string{first}, slices.DeleteFunc(names, func(name string) bool { return name == first })...)
	}
	for _, name := range names {
		s, err := x.Try(name)
		x.builds = x.builds || s.Container.Build.Set
		if s.Draft != nil {
			x.images = append(x.images, s.Draft.Settings.Image.V)
		}
		if err != nil {
			found = append(found, failed("container", fmt.Errorf("%s: %w", name, err)))
		} else {
			good = append(good, name)
		}
	}
	for _, w := range x.Config.Warnings {
		found = append(found, finding{stateWarn, "config", w.Error(), w.Hint})
	}
	slices.Sort(good)
	if len(good) > 0 {
		found = append(found, finding{stateOK, "containers", strings.Join(good, ", "), ""})
	}
	return found
}

// connect asks the engine that the default container wants, where the command line does
// not say which.
func (x *examination) connect(ctx context.Context) (*engine.Engine, error) {
	runtime := x.Runtime
	if runtime == "" && x.Mistake == nil {
		runtime = x.RuntimeOf("")
	}
	return x.Connect(ctx, runtime)
}

func (x *examination) checkEngine(ctx context.Context) []finding {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	eng, err := x.connect(ctx)
	if err != nil {
		return []finding{failed("engine", err)}
	}
	defer eng.Close()
	about, err := eng.About(ctx)
	if err != nil {
		return []finding{failed("engine", err)}
	}
	x.about = &about
	kind := "rootful"
	if about.Rootless {
		kind = "rootless"
	}
	found := []finding{{stateOK, "engine", fmt.Sprintf("%s %s (API %s, %s, %s) at %s",
		about.Name, about.Version, about.API, about.Platform, kind, about.Address), ""}}
	if err := eng.Refused(); err != nil {
		refused := failed("engine", err)
		refused.state = stateWarn
		found = append(found, refused)
	}
	if about.Remapped {
		found = append(found, finding{stateWarn, "engine", "it maps user ids (userns-remap), so your files would get a wrong owner, and nothing of this machine is mounted",
			`run_args = ["--userns=host"] runs a container without the mapping`})
	}
	return append(found, whereWeAre(about, x.Host.ProjectDir)...)
}

// whereWeAre says how the engine finds what is mounted, where ctenv is in a container itself.
func whereWeAre(about engine.About, project string) []finding {
	const what = "container"
	switch {
	case about.Inside == nil && !inside.Somewhere():
		return nil
	case about.Inside == nil:
		return []finding{{stateOK, what, "ctenv is in one which is not this engine's, so paths go to the engine as they are here", ""}}
	}
	text := fmt.Sprintf("ctenv is in %s, one of this engine's, so paths are translated by its mounts", about.Inside.Name)
	there := about.Inside.There(project)
	switch {
	case project == "":
		return []finding{{stateOK, what, text, ""}}
	case there == "":
		return []finding{{stateWarn, what, fmt.Sprintf("%s; %q lies in none of them", text, project),
			fmt.Sprintf("start that container with the project mounted: -v DIRECTORY:%s", project)}}
	}
	return []finding{{stateOK, what, fmt.Sprintf("%s; the project is %q on its machine", text, there), ""}}
}

// checkOldVolumes looks for named volumes that the Python tool made for this project: it
// slugged the project's directory in another way.
func (x *examination) checkOldVolumes(ctx context.Context) []finding {
	if x.about == nil || x.Host.ProjectDir == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	eng, err := x.connect(ctx)
	if err != nil {
		return nil // checkEngine has said it
	}
	defer eng.Close()
	names, err := inventory.VolumeNames(ctx, eng)
	if err != nil {
		return nil
	}
	var found []finding
	for _, name := range names {
		if now := slug.VolumeOfToday(name, x.Host.ProjectDir); now != "" && !slices.Contains(names, now) {
			found = append(found, finding{stateWarn, "volumes", fmt.Sprintf("%q seems to be this project's of the Python tool; the name is %q now", name, now),
				"to take it over: " + takeOver(strings.ToLower(x.about.Name), name, now)})
		}
	}
	return found
}

// takeOver is the line that copies a volume. Its name is whatever an engine says.
func takeOver(engine, from, to string) string {
	return shellquote.Line([]string{engine, "run", "--rm", "-v", from + ":/from", "-v", to + ":/to", "busybox", "cp", "-a", "/from/.", "/to"})
}

// checkInit looks at the program that is mounted into each container.
func (x *examination) checkInit(context.Context) []finding {
	if x.Host.User.Name == "" { // nor is it known where the caller's files are
		return nil
	}
	const about = "ctenv-init"
	arch := runtime.GOARCH
	if x.about != nil {
		_, arch, _ = strings.Cut(x.about.Platform, "/")
	}
	places, err := initbin.Places(x.Host)
	if err != nil {
		return []finding{failed(about, err)}
	}
	if places[0].System {
		return []finding{{stateOK, about, places[0].Path + ", which only root can change", ""}}
	}
	dir := filepath.Dir(places[0].Path)
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
	// The first run makes the directory: who may write to what is there of it?
	existing := dir
	for existing != "/" {
		if _, err := os.Stat(existing); err == nil {
			break
		}
		existing = filepath.Dir(existing)
	}
	if err := unix.Access(existing, unix.W_OK|unix.X_OK); err != nil {
		return []finding{{stateFail, about, fmt.Sprintf("%q cannot be made: %q: %v", dir, existing, err), "XDG_CACHE_HOME chooses another directory"}}
	}
	return []finding{{stateOK, about, "not in " + dir + " yet; the first run puts it there", ""}}
}

// checkBuilder looks for what containers with build are built by.
func (x *examination) checkBuilder(ctx context.Context) []finding {
	const about = "builder"
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	builder, err := build.Find(ctx, x.Environ, x.about != nil && x.about.Name == "Podman")
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
