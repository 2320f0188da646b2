package build

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ctenv/internal/plan"
)

func TestWords(t *testing.T) {
	file := plan.ImageBuild{Dockerfile: "/p/Dev", Context: "/p", Tag: "t:1", Target: "x", Platform: "linux/arm64",
		Args: []plan.BuildArg{{Name: "A", Value: "a b"}, {Name: "B", Value: ""}}}
	inline := plan.ImageBuild{Content: "FROM a", Tag: "t:1"}
	secret := plan.ImageBuild{Content: "FROM a", Tag: "t:1", Args: []plan.BuildArg{{Name: "TOKEN", Value: "s3cret", FromHost: true}, {Name: "PATH", Value: "s3cret", FromHost: true}, {Name: "http_proxy", Value: "s3cret", FromHost: true}}}
	both := plan.ImageBuild{Content: "FROM a", Context: "/p", Tag: "t:1"}
	tests := []struct {
		builder Builder
		build   plan.ImageBuild
		options options
		want    string
	}{
		{buildx, file, options{},
			"docker|buildx|build|--load|--tag=t:1|--platform=linux/arm64|--target=x|--build-arg=A=a b|--build-arg=B=|--file=/p/Dev|/p"},
		// A value of the environment is no secret to whoever is in it, and one on the
		// command line is to nobody.
		{podman, file, options{environ: []string{"A=a b", "B=other"}},
			"podman|build|--tag=t:1|--platform=linux/arm64|--target=x|--build-arg=A|--build-arg=B=|--file=/p/Dev|/p"},
		{podman, file, options{environ: []string{"A=a b", "A=x"}},
			"podman|build|--tag=t:1|--platform=linux/arm64|--target=x|--build-arg=A=a b|--build-arg=B=|--file=/p/Dev|/p"},
		// One with a variable of the host in it has it nowhere but in the builder's environment.
		{podman, secret, options{environ: []string{"TOKEN=old"}},
			"podman|build|--tag=t:1|--build-arg=TOKEN|--build-arg=PATH=s3cret|--build-arg=http_proxy=s3cret|-"},
		{podman, secret, options{environ: []string{"http_proxy=s3cret"}},
			"podman|build|--tag=t:1|--build-arg=TOKEN|--build-arg=PATH=s3cret|--build-arg=http_proxy|-"},
		{podman, secret, options{printed: true},
			"podman|build|--tag=t:1|--build-arg=TOKEN=s3cret|--build-arg=PATH=s3cret|--build-arg=http_proxy=s3cret|-"},
		{buildx, inline, options{plain: true, pull: true, noCache: true, key: "k"},
			"docker|buildx|build|--load|--progress=plain|--pull|--no-cache|--tag=t:1|--label=se.osd.ctenv.build=k|-"},
		{legacy, inline, options{plain: true}, "docker|build|--force-rm|--tag=t:1|-"},
		{legacy, both, options{}, "docker|build|--force-rm|--tag=t:1|--file=-|/p"},
		{podman, inline, options{plain: true}, "podman|build|--tag=t:1|-"},
		{Builder{words: []string{"docker", "build"}}, both, options{}, "docker|build|--tag=t:1|--file=-|/p"},
	}
	for _, test := range tests {
		if got := strings.Join(test.builder.line(test.build, test.options), "|"); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
	if got := buildx.String(); got != "docker buildx build" {
		t.Errorf("name %q", got)
	}
}

// A repository names the arguments: none may become a variable that changes what the
// builder, which runs as the caller on the host, is or does.
func TestArgumentsInTheEnvironment(t *testing.T) {
	host := func(name string) plan.BuildArg { return plan.BuildArg{Name: name, Value: "v", FromHost: true} }
	args := []plan.BuildArg{host("TOKEN"), {Name: "PLAIN", Value: "v"}}
	reserved := []string{"PATH", "LD_PRELOAD", "PYTHONPATH", "PERL5OPT", "RUBYOPT", "NODE_OPTIONS", "JAVA_TOOL_OPTIONS", "KUBECONFIG", "CLOUDSDK_PYTHON", "AWS_CONFIG_FILE", "PASSWORD_STORE_DIR", "ld_preload", "DOCKER_HOST", "DOCKER_CONFIG", "BUILDX_BUILDER", "CONTAINERS_CONF", "HTTPS_PROXY",
		"no_proxy", "HOME", "XDG_RUNTIME_DIR", "TMPDIR", "SSL_CERT_FILE", "GODEBUG", "GIT_SSH_COMMAND",
		"OPENSSL_CONF", "KRB5_CONFIG", "GIO_EXTRA_MODULES", "QT_PLUGIN_PATH", "SHELLOPTS", "BASHOPTS", "PS4", "PYENV_ROOT", "ASDF_DATA_DIR", "AZURE_EXTENSION_DIR", "CLASSPATH", "CURL_HOME", "LESSOPEN", "VISUAL", "EXPERIMENTAL_BUILDKIT_SOURCE_POLICY",
		"DOTNET_STARTUP_HOOKS", "CORECLR_PROFILER_PATH", "COR_PROFILER", "NIX_LD", "LISTEN_FDS", "NLSPATH", "OCAMLRUNPARAM"}
	for _, name := range reserved {
		args = append(args, host(name))
	}
	o := options{environ: []string{"PATH=/bin", "TOKEN=old"}}
	if got := o.environment(args); !slices.Equal(got, []string{"PATH=/bin", "TOKEN=old", "TOKEN=v"}) {
		t.Errorf("environment %q", got)
	}
	if got := o.exposed(args); !slices.Equal(got, reserved) {
		t.Errorf("exposed %q", got)
	}
}

// Whatever goes into an image makes another key; whatever does not, does not.
func TestKey(t *testing.T) {
	base := plan.ImageBuild{Content: "FROM a", Tag: "t:1", Target: "x", Platform: "p", Args: []plan.BuildArg{{Name: "A", Value: "1"}}}
	keys := []string{key(base, []string{"a"}, []string{"id"})}
	other := base
	other.Tag = "another"
	other.Refresh = true
	if key(other, []string{"a"}, []string{"id"}) != keys[0] {
		t.Error("the tag changes the key")
	}
	for name, change := range map[string]func(*plan.ImageBuild){
		"content":  func(b *plan.ImageBuild) { b.Content += " " },
		"target":   func(b *plan.ImageBuild) { b.Target = "" },
		"platform": func(b *plan.ImageBuild) { b.Platform = "" },
		"value":    func(b *plan.ImageBuild) { b.Args = []plan.BuildArg{{Name: "A", Value: "2"}} },
		"name":     func(b *plan.ImageBuild) { b.Args = []plan.BuildArg{{Name: "B", Value: "1"}} },
		"no args":  func(b *plan.ImageBuild) { b.Args = nil },
		"bytes":    func(b *plan.ImageBuild) { b.Args = []plan.BuildArg{{Name: "A", Value: "\xe9"}} },
		"bytes 2":  func(b *plan.ImageBuild) { b.Args = []plan.BuildArg{{Name: "A", Value: "\xea"}} },
	} {
		b := base
		change(&b)
		key := key(b, []string{"a"}, []string{"id"})
		if slices.Contains(keys, key) {
			t.Errorf("%s: no other key", name)
		}
		keys = append(keys, key)
	}
	for _, ids := range []string{"id2", ""} {
		if slices.Contains(keys, key(base, []string{"a"}, []string{ids})) {
			t.Errorf("base %q: no other key", ids)
		}
	}
}

func TestAt(t *testing.T) {
	b, environ := podman.at("unix:///x.sock", []string{"A=1"})
	if got := strings.Join(b.line(plan.ImageBuild{Tag: "t"}, options{}), " "); got != "podman --url=unix:///x.sock build --tag=t -" || !slices.Equal(environ, []string{"BUILDX_GIT_INFO=false", "A=1"}) {
		t.Errorf("%s, %q", got, environ)
	}
	// What the caller says of it comes later, and counts.
	b, environ = buildx.at("unix:///x.sock", []string{"A=1"})
	if b.words[1] != "buildx" || !slices.Equal(environ, []string{"BUILDX_GIT_INFO=false", "A=1", "DOCKER_HOST=unix:///x.sock"}) {
		t.Errorf("%q, %q", b.words, environ)
	}
	// A podman that was found without an address is this machine's.
	remote := []string{"A=1", "CONTAINER_HOST=", "CONTAINER_CONNECTION=big", "CONTAINERS_CONF=x"}
	if b, environ = podman.at("", remote); len(b.words) != 2 || !slices.Equal(environ, []string{"BUILDX_GIT_INFO=false", "A=1", "CONTAINERS_CONF=x"}) {
		t.Errorf("%q, %q", b.words, environ)
	}
	if podman.words[1] != "build" {
		t.Error("the builder itself was changed")
	}
}

func TestFindNothing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for _, forPodman := range []bool{false, true} {
		_, err := Find(t.Context(), nil, forPodman)
		missing := (*MissingError)(nil)
		if !errors.As(err, &missing) || (missing.Program == "podman") != forPodman {
			t.Errorf("podman %v: %v", forPodman, err)
		}
	}
}

// A docker command that cannot be started, as where there may be no more processes, is not one
// without BuildKit.
func TestFindUnable(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "docker"), []byte("\x7fELF"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	if b, err := Find(t.Context(), nil, false); err == nil {
		t.Errorf("%v is found", b)
	}
}

// With the package podman-docker, docker is podman: it would build here, whatever DOCKER_HOST
// says, and it is refused whichever builder of docker's would be taken.
func TestFindPodmanAsDocker(t *testing.T) {
	const docker = "echo Docker version 28.2.2, build e6534b4"
	for name, tt := range map[string]struct{ version, buildx, kit, want string }{
		"docker":                    {docker, "echo github.com/docker/buildx v0.17.1 257815a", "", "docker buildx build"},
		"docker, another build":     {docker, "echo v0.17.1", "", "docker buildx build"},
		"docker without BuildKit":   {docker, "exit 1", "", "docker build"},
		"docker's older builder":    {docker, "exit 1", "DOCKER_BUILDKIT=0", "docker build"},
		"podman 5":                  {"echo podman version 5.3.1", "echo buildah 1.38.0", "", ""},
		"podman by docker's name":   {"echo docker version 5.3.1", "echo buildah 1.38.0", "", ""},
		"podman 4.3":                {"echo podman version 4.3.1", "exit 125", "", ""},
		"podman, no BuildKit asked": {"echo podman version 5.3.1", "echo buildah 1.38.0", "DOCKER_BUILDKIT=0", ""},
	} {
		dir := t.TempDir()
		script := "#!/bin/sh\ncase $1 in --version) " + tt.version + " ;; buildx) " + tt.buildx + " ;; esac\n"
		if err := os.WriteFile(filepath.Join(dir, "docker"), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
		t.Setenv("PATH", dir+":/bin:/usr/bin")
		b, err := Find(t.Context(), []string{"PATH=/bin:/usr/bin", tt.kit}, false)
		switch {
		case tt.want == "" && (err == nil || !strings.Contains(err.Error(), "the docker command is another program")):
			t.Errorf("%s: %v, %v", name, b, err)
		case tt.want != "" && (err != nil || b.String() != tt.want):
			t.Errorf("%s: %v, %v", name, b, err)
		}
	}
}

func TestWantsLegacy(t *testing.T) {
	for value, want := range map[string]bool{"0": true, "false": true, "1": false, "": false, "x": false} {
		if got := wantsLegacy([]string{"DOCKER_BUILDKIT=" + value}); got != want {
			t.Errorf("DOCKER_BUILDKIT=%s: %v", value, got)
		}
	}
	if wantsLegacy(nil) {
		t.Error("it is not set")
	}
}
