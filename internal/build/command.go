// Package build makes images with the engine's own command, so that BuildKit, its
// cache mounts, secrets and progress are what the user knows: a Job knows whether an
// image has to be built. What is asked of the command is decided by functions of values.
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

// options are what a build does beyond the configuration.
type options struct {
	pull    bool   // ask the registry for newer base images
	noCache bool   // use nothing of earlier builds
	plain   bool   // print all of the output, line by line
	key     string // label the image with it, unless it is ""
	printed bool   // the line is shown and not run
	project string // the project's directory, likewise
	// environ is the builder's environment. An argument that has its value from there
	// is passed by name: every user of the machine can read a command line.
	environ []string
}

// byName tells whether the builder gets an argument by its name, with the value in its
// environment: every user of the machine can read a command line (proc_pid_cmdline(5)).
// A value from the configuration is no secret to them, and a name that means something
// to the builder itself must not be put into its environment.
func (o options) byName(a plan.BuildArg) bool {
	if o.printed {
		return false
	}
	for _, kv := range slices.Backward(o.environ) { // the last one counts
		if value, ok := strings.CutPrefix(kv, a.Name+"="); ok {
			return value == a.Value || a.FromHost && !reserved(a.Name)
		}
	}
	return a.FromHost && !reserved(a.Name)
}

func (o options) argument(a plan.BuildArg) string {
	if o.byName(a) {
		return a.Name
	}
	return a.Name + "=" + a.Value
}

// environment is the builder's, with the values of the arguments that it gets by name.
func (o options) environment(args []plan.BuildArg) []string {
	environ := slices.Clone(o.environ)
	for _, a := range args {
		if o.byName(a) {
			environ = append(environ, a.Name+"="+a.Value)
		}
	}
	return environ
}

// exposed are the arguments with a value of the host's that is on the command line all
// the same.
func (o options) exposed(args []plan.BuildArg) (names []string) {
	for _, a := range args {
		if a.FromHost && !o.byName(a) {
			names = append(names, a.Name)
		}
	}
	return names
}

// reserved tells whether a builder, the programs and libraries that it is made of, or those
// that it calls take a variable of that name as theirs: with another PATH or LD_PRELOAD it would be
// another program. It calls docker-credential-NAME, some of which are scripts of an
// interpreter's or call one (gcloud), read files that name commands (AWS_CONFIG_FILE), or
// ask a keyring; a builder in a cluster is found by KUBECONFIG, which names commands too.
func reserved(name string) bool {
	upper := strings.ToUpper(name)
	for _, prefix := range []string{"LD_", "DYLD_", "GLIBC_", "DOCKER", "BUILDKIT", "BUILDX", "BUILDAH", "CONTAINER", "PODMAN", "REGISTRY_", "STORAGE_",
		"XDG_", "GODEBUG", "GOMAXPROCS", "GOTRACEBACK", "GOGC", "GOMEMLIMIT", "GRPC_", "OTEL_", "SSL_", "SSH_", "GIT", "GPG", "GNUPG", "DBUS_", "TMP", "_",
		"PYTHON", "PERL", "RUBY", "GEM_", "PHP", "LUA_", "JAVA_", "JDK_", "NODE_OPTIONS", "NODE_PATH", "NODE_EXTRA", "BASH_", "ZDOTDIR", "PROMPT_COMMAND", "MALLOC_", "GCONV_", "LOCPATH",
		"KUBE", "CLOUDSDK_", "GOOGLE_", "PASSWORD_STORE_", "PINENTRY", "AWS_CONFIG", "AWS_SHARED", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SDK_", "AWS_CA_", "AWS_ENDPOINT", "AWS_ECR_", "AZURE_",
		"OPENSSL_", "KRB5", "GSS_", "P11_KIT_", "GIO_", "GTK", "QT_", "LESS", "CURL_", "DOTNET_", "CORECLR_", "COR_", "NIX_", "LISTEN_", "PYENV_", "RBENV_", "ASDF_", "MISE_", "NVM_", "EXPERIMENTAL_"} {
		if strings.HasPrefix(upper, prefix) {
			return true
		}
	}
	return strings.HasSuffix(upper, "_PROXY") || slices.Contains([]string{"PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG",
		"LANGUAGE", "TZ", "TEMP", "IFS", "ENV", "BASH_ENV", "SHELLOPTS", "BASHOPTS", "PS4", "CDPATH", "CLASSPATH", "ZONEINFO", "EDITOR", "VISUAL", "PAGER", "BROWSER", "DISPLAY", "RES_OPTIONS", "HOSTALIASES", "LOCALDOMAIN",
		"NLSPATH", "OCAMLRUNPARAM"}, upper) ||
		strings.HasPrefix(upper, "LC_")
}

// line are the command line that builds b. A Dockerfile in the configuration is
// read from stdin.
func (t Builder) line(b plan.ImageBuild, o options) []string {
	w := append([]string{}, t.words...)
	add := func(flag, value string) {
		if value != "" {
			w = append(w, "--"+flag+"="+value)
		}
	}
	if o.plain && t.progress {
		w = append(w, "--progress=plain")
	}
	if o.pull {
		w = append(w, "--pull")
	}
	if o.noCache {
		w = append(w, "--no-cache")
	}
	add("tag", b.Tag)
	add("platform", b.Platform)
	add("target", b.Target)
	add("network", b.Network)
	for _, a := range b.Args {
		w = append(w, "--build-arg="+o.argument(a))
	}
	if o.project != "" {
		add("label", plan.LabelProjectDir+"="+o.project)
	}
	if o.key != "" {
		add("label", plan.LabelBuild+"="+o.key)
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
