// Package build makes images with the engine's own command, so that BuildKit, its
// cache mounts, secrets and progress are what the user knows. What is asked of the
// command is decided by functions of values; Find and Run alone start processes.
package build

import (
	"slices"
	"strings"

	"ctenv/internal/plan"
)

// Builder is a command that builds images.
type Builder struct {
	words    []string
	progress bool // takes --progress
	// NoBuildKit says that docker's older builder has to do, for want of another.
	NoBuildKit bool
}

// The builders. Each leaves neither a container behind after a failure, nor the
// image in a place that the engine does not run from.
var (
	buildx = Builder{words: []string{"docker", "buildx", "build", "--load"}, progress: true}
	legacy = Builder{words: []string{"docker", "build", "--force-rm"}}
	podman = Builder{words: []string{"podman", "build"}}
)

// Printed is the builder of a line that is printed and not run: `docker build` is
// BuildKit where that is installed.
func Printed(program string) Builder { return Builder{words: []string{program, "build"}} }

// String is how messages name it.
func (b Builder) String() string {
	name := b.words[0]
	for _, w := range b.words[1:] {
		if w[0] != '-' {
			name += " " + w
		}
	}
	return name
}

// Options are what a build does beyond the configuration.
type Options struct {
	Pull    bool   // ask the registry for newer base images
	NoCache bool   // use nothing of earlier builds
	Plain   bool   // print all of the output, line by line
	Key     string // label the image with it, unless it is ""
	Printed bool   // the line is shown and not run
	Project string // the project's directory, likewise
	// Environ is the builder's environment. An argument that has its value from there
	// is passed by name: every user of the machine can read a command line.
	Environ []string
}

// byName tells whether the builder gets an argument by its name, with the value in its
// environment: every user of the machine can read a command line (proc_pid_cmdline(5)).
// A value from the configuration is no secret to them, and a name that means something
// to the builder itself must not be put into its environment.
func (o Options) byName(a plan.BuildArg) bool {
	if o.Printed {
		return false
	}
	for _, kv := range slices.Backward(o.Environ) { // the last one counts
		if value, ok := strings.CutPrefix(kv, a.Name+"="); ok {
			return value == a.Value || a.FromHost && !Reserved(a.Name)
		}
	}
	return a.FromHost && !Reserved(a.Name)
}

func (o Options) argument(a plan.BuildArg) string {
	if o.byName(a) {
		return a.Name
	}
	return a.Name + "=" + a.Value
}

// Environment is the builder's, with the values of the arguments that it gets by name.
func (o Options) Environment(args []plan.BuildArg) []string {
	environ := slices.Clone(o.Environ)
	for _, a := range args {
		if o.byName(a) {
			environ = append(environ, a.Name+"="+a.Value)
		}
	}
	return environ
}

// Exposed are the arguments with a value of the host's that is on the command line all
// the same.
func (o Options) Exposed(args []plan.BuildArg) (names []string) {
	for _, a := range args {
		if a.FromHost && !o.byName(a) {
			names = append(names, a.Name)
		}
	}
	return names
}

// Reserved tells whether a builder, or the programs and libraries that it is made of,
// take a variable of that name as theirs: with another PATH or LD_PRELOAD it would be
// another program.
func Reserved(name string) bool {
	upper := strings.ToUpper(name)
	for _, prefix := range []string{"LD_", "DYLD_", "GLIBC_", "DOCKER", "BUILDKIT", "BUILDX", "BUILDAH", "CONTAINER", "PODMAN", "REGISTRY_", "STORAGE_",
		"XDG_", "GODEBUG", "GOMAXPROCS", "GOTRACEBACK", "GOGC", "GOMEMLIMIT", "GRPC_", "OTEL_", "SSL_", "SSH_", "GIT", "GPG", "GNUPG", "DBUS_", "TMP", "_"} {
		if strings.HasPrefix(upper, prefix) {
			return true
		}
	}
	return strings.HasSuffix(upper, "_PROXY") || slices.Contains([]string{"PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG",
		"LANGUAGE", "TZ", "TEMP", "IFS", "ENV", "BASH_ENV", "EDITOR", "PAGER", "BROWSER", "DISPLAY", "RES_OPTIONS", "HOSTALIASES", "LOCALDOMAIN"}, upper) ||
		strings.HasPrefix(upper, "LC_")
}

// Words are the command line that builds b. A Dockerfile in the configuration is
// read from stdin.
func (t Builder) Words(b plan.ImageBuild, o Options) []string {
	w := append([]string{}, t.words...)
	add := func(flag, value string) {
		if value != "" {
			w = append(w, "--"+flag+"="+value)
		}
	}
	if o.Plain && t.progress {
		w = append(w, "--progress=plain")
	}
	if o.Pull {
		w = append(w, "--pull")
	}
	if o.NoCache {
		w = append(w, "--no-cache")
	}
	add("tag", b.Tag)
	add("platform", b.Platform)
	add("target", b.Target)
	add("network", b.Network)
	for _, a := range b.Args {
		w = append(w, "--build-arg="+o.argument(a))
	}
	if o.Project != "" {
		add("label", plan.LabelProjectDir+"="+o.Project)
	}
	if o.Key != "" {
		add("label", plan.LabelBuild+"="+o.Key)
	}
	switch {
	case b.Dockerfile != "":
		add("file", b.Dockerfile)
	case b.Context != "":
		add("file", "-")
	}
	if b.Context == "" {
		return append(w, "-")
	}
	return append(w, b.Context)
}
