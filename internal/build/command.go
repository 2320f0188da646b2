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
	// Environ is the builder's environment. An argument that has its value from there
	// is passed by name: every user of the machine can read a command line.
	Environ []string
}

func (o Options) argument(a plan.BuildArg) string {
	for _, kv := range slices.Backward(o.Environ) { // the last one counts
		if value, ok := strings.CutPrefix(kv, a.Name+"="); ok && value == a.Value {
			return a.Name
		} else if ok {
			break
		}
	}
	return a.Name + "=" + a.Value
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
	for _, a := range b.Args {
		w = append(w, "--build-arg="+o.argument(a))
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
