package grants_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ctenv/internal/config"
	"ctenv/internal/configfile"
	"ctenv/internal/expand"
	"ctenv/internal/grants"
	"ctenv/internal/host"
	"ctenv/internal/look"
	"ctenv/internal/runargs"
	"ctenv/internal/slug"
	"ctenv/internal/testfiles"
	"ctenv/internal/wire"
)

// caller is an ordinary one, in dir.
func caller(dir string) look.Host {
	return look.Host{
		User:   wire.User{Name: "alice", UID: 1234, GID: 2345, Group: "staff", Home: "/home/alice"},
		Groups: []wire.Group{{Name: "docker", GID: 999}, {Name: "video", GID: 44}},
		Cwd:    dir, ProjectDir: dir, RealProjectDir: dir,
		Env:        map[string]string{"HOME": "/home/alice", "BUILD_NUMBER_THREADS": "8", "APP_A": "1", "APP_B": "two words", "TOKEN": "s3cret", "LATIN1": "caf\xe9"},
		InitPlaces: []look.InitPlace{{Path: "/home/alice/.cache/ctenv/ctenv-init-0123", Real: "/home/alice/.cache/ctenv/ctenv-init-0123"}},
	}
}

// grantsOf gives what a project's file asks for, a line each. Project and home lie in
// one directory, ROOT.
func grantsOf(t *testing.T, file, user string, flags config.Container, change func(root string, h *look.Host)) []string {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	project := filepath.Join(root, "p")
	testfiles.Put(t, root, map[string]string{"p/src/": "", "p/docker/": "", "home/.ssh/": "", "run/ctenv/join/": "", "other/env": "A=1\n", "state/ctenv/": "", "p/ctenv.toml": file, "home/.ctenv.toml": user,
		"p/.env": "A=1\n", "p/docker.env": "A=1\n\nTOKEN\n# x\nAPP_A\n", "p/Dockerfile": "FROM x\n", "p/Dockerfile.in": "FROM x\n",
		"p/profile.json": "{}"})
	for name, to := range map[string]string{"out": "../other", "in": "src", "envlink": "../other/env", "dockerlink": "../other/env", "src/.containerignore": "../../other/env"} {
		if err := os.Symlink(to, filepath.Join(project, name)); err != nil {
			t.Fatal(err)
		}
	}
	h := caller(project)
	h.Guarded = []string{filepath.Join(root, "state/ctenv"), filepath.Join(root, "run/ctenv")}
	h.Sockets = []string{filepath.Join(root, "run/ctenv/join")}
	if change != nil {
		change(root, &h)
	}
	cfg, err := configfile.Load(configfile.Options{Cwd: project, Home: filepath.Join(root, "home")})
	if err != nil {
		t.Fatal(err)
	}
	c, err := cfg.Resolve("a", flags)
	if err != nil {
		t.Fatal(err)
	}
	draft, err := expand.Run(c, h, nil)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	seen := host.LookAtPaths(draft.Wants())
	host.Read(grants.OwnFiles(draft, seen), &seen)
	for _, g := range grants.Of(draft, seen) {
		line := fmt.Sprintf("%s %s @%d", g.Kind, g.Value, g.Pos.Line)
		if g.Unless != "" {
			line += " unless ours"
		}
		if g.Refused != "" {
			line += " REFUSED"
			if strings.Contains(g.Hint, ":ro") {
				line += ", not :ro"
			}
		}
		if strings.Contains(g.Refused+g.Value, "s3cret") {
			t.Errorf("the value of a variable is shown: %s", g.Refused)
		}
		line = strings.ReplaceAll(line, slug.OfImage(project), "PROJECT")
		lines = append(lines, strings.ReplaceAll(line, root, "ROOT"))
	}
	return lines
}

const (
	byPodman = "option a build by podman, whose Dockerfile can reach your files"
)

// TestGrants has a row for each row of the table in docs/security.md, and the cases
// beside each: the caller's own file, the same thing inside the project.
func TestGrants(t *testing.T) {
	for _, tt := range []struct{ name, file, want string }{
		{"harmless", `image = "x"
command = "make ${USER}"
post_start_commands = ["true"]
setup_commands = ["true"]
shell = "bash"
sudo = true
env = ["A=1", "B=${USER}"]
project_target = "/src:ro"
workdir = "/x"
hostname = "h"
name = "own"
ulimits = { nofile = 5 }
platform = "linux/amd64"
pull = "always"
tty = false
stdin = false
detach = true
default = true
labels = { team = "x" }
network = "none"
create_network = true
unset = ["image"]
auto_project_mount = false
run_args = ["--memory=1g", "--cpus=1", "--pids-limit=5", "--shm-size=1g", "--read-only", "--tmpfs=/x", "--tmpfs=/w:rw,size=1g,mode=1777,noexec", "--cap-drop=ALL",
  "--security-opt=no-new-privileges", "--dns=1.1.1.1", "--add-host=a:1.2.3.4", "--expose=80", "--no-healthcheck", "--stop-signal=INT",
  "--mount=type=tmpfs,dst=/y", "--env=A=1", "--label=a=b", "--ulimit=nofile=5"]`, ""},
		{"ulimits", "ulimits = { rtprio = 99, core = 0 }\nrun_args = [\"--ulimit=nice=40\", \"--ulimit=nofile=9\"]",
			"option ulimits.rtprio = 99 @2\noption ulimits.nice = 40 @3"},
		{"the engine, whichever is there", "runtime = \"auto\"", "runtime auto @2"},
		{"the caller's engine unset", "unset = [\"runtime\"]", "runtime auto @2"},
		{"another's files given away", "volumes = [\"../other:/o:chown\"]", "path ROOT/other (read-write, and all in it becomes yours) @2"},
		{"image entrypoint", "image_entrypoint = true\nnetwork = \"bridge\"", ""},
		{"in the project", "volumes = [\"./src:/a\", \"in:/b\", \"./in:/c:ro\"]\nenv_file = [\".env\"]\nbuild = { context = \"docker\", dockerfile = \"Dockerfile\" }",
			"volume in @2 unless ours\n" + byPodman + " @4 unless ours"},
		{"what a builder reads unasked", "build = { context = \"src\", dockerfile = \"Dockerfile\" }", "path ROOT/other/env (read-only) @2\n" + byPodman + " @2 unless ours"},
		{"a Dockerfile by its usual name", "build = { context = \"docker\" }", byPodman + " @2 unless ours"},
		{"another reader of a Dockerfile", "build = { context = \"docker\", args = { A = \"1\", BUILDKIT_SYNTAX = \"evil/frontend\" } }",
			"option build.args.BUILDKIT_SYNTAX = \"evil/frontend\" @2\n" + byPodman + " @2 unless ours"},
		{"entries with a variable", "build = { context = \"docker\", args = { BUILDKIT_SYNTAX = \"${env.UNSET|default:9}\" } }\nulimits = { nice = \"${env.UNSET|default:9}\" }",
			"variable UNSET @2\noption build.args.BUILDKIT_SYNTAX = ${env.UNSET|default:9} @2\noption ulimits.nice = ${env.UNSET|default:9} @3\n" + byPodman + " @2 unless ours"},
		{"subpaths", "subpaths = [\"src\", \"in:ro\"]", ""},
		{"outside", `volumes = ["../other:/a:ro", "~/x:/y:optional", "./out:/b", "/dev/null:/c"]
env_file = ["envlink"]
build = { context = "out", dockerfile = "dockerlink" }`,
			"path ROOT/other (read-only) @2\npath ROOT/other (read-write) @2\npath ROOT/other/env (read-only) @3\ndevice /dev/null (read-write) @2\n" + byPodman + " @4 unless ours"},
		{"missing", "volumes = [\"./out/new:/b\", \"./new:/c\", \"../new:/d:optional\"]", "path ROOT/other/new (read-write) @2"},
		{"propagation", "volumes = [\"./src:/a:rshared\"]", "path ROOT/p/src (read-write, rshared) @2"},
		{"propagation of the project", "project_target = \"/src:rshared\"", "path ROOT/p (read-write, rshared) @2"},
		{"values", `env = ["X_${env.TOKEN}", "X_${env.TOKEN}_*"]
volumes = ["v-${env.TOKEN}:/a", "../${env.TOKEN}:/b", "/${env.TOKEN|slug}/x:/c", "../${env.TOKEN|default:x}/y:/d:optional"]
env_file = ["../${env.TOKEN}.env"]
build = { context = "../${env.TOKEN}", dockerfile = "Dockerfile" }`,
			"path ../${env.TOKEN} (read-write) @3\npath /${env.TOKEN|slug}/x (read-write) @3\npath ../${env.TOKEN}.env (read-only) @4\npath ../${env.TOKEN} (read-only) @5\n" +
				"volume v-${env.TOKEN} @3 unless ours\nvariable X_${env.TOKEN} @2\nvariable X_${env.TOKEN}_* @2\nvariable TOKEN @5\n" + byPodman + " @5 unless ours"},
		{"a variable in the image's name", "image = \"x:${env.TOKEN}\"\nvolumes = [\"caches-${image|slug}:/c\", \"v-${image_tag}:/d\"]\nrun_args = [\"--cgroup-parent=${IMAGE_TAG}\"]",
			"volume caches-${image|slug of x:${env.TOKEN}} @3 unless ours\nvolume v-${image_tag of x:${env.TOKEN}} @3 unless ours\nvariable TOKEN @2\noption --cgroup-parent=${IMAGE_TAG of x:${env.TOKEN}} @4"},
		{"guarded", "volumes = [\"../state:/a\", \"../state/ctenv:/b:ro\"]",
			"path ROOT/state (read-write) @2 REFUSED, not :ro\npath ROOT/state/ctenv (read-only) @2"},
		{"guarded, by a variable", "volumes = [\"../state/ctenv/${env.TOKEN}:/a\"]", "path ../state/ctenv/${env.TOKEN} (read-write) @2 REFUSED, not :ro\nvariable TOKEN @2"},
		// Connecting to a socket is no writing, and a build's context has none in it.
		{"guarded sockets", "volumes = [\"../run:/a:ro\", \"../run/ctenv/join:/b:ro\"]\nrun_args = [\"--mount=type=bind,src=../run/ctenv,dst=/c,ro\"]\nbuild = { context = \"../run\", dockerfile_content = \"FROM x\" }",
			"path ROOT/run (read-only) @2 REFUSED\npath ROOT/run/ctenv/join (read-only) @2 REFUSED\npath ROOT/run/ctenv (read-only) @3 REFUSED\n" + byPodman + " @4 unless ours"},
		// Read-only it would be refused for the sockets below.
		{"guarded, with sockets", "volumes = [\"../run:/a\", \"../run/ctenv:/b\"]", "path ROOT/run (read-write) @2 REFUSED\npath ROOT/run/ctenv (read-write) @2 REFUSED"},
		{"read-only, with mounts below", "volumes = [\"/dev:/a:ro\"]", "path /dev (read-only, but for what is mounted below it) @2"},
		{"variables", "env = [\"TOKEN\", \"APP_*\", \"X=${env.TOKEN}\"]\nimage = \"${env:APP_A}\"\ncommand = [\"x\", \"${env.LATIN1|slug}\", \"$${env.APP_B}\"]\nlabels = { x = \"${env.UNSET|default:1}\" }",
			"variable TOKEN @2\nvariable APP_* @2\nvariable APP_A @3\nvariable LATIN1 @4\nvariable UNSET @5"},
		{"variables of a file", "run_args = [\"--env-file=docker.env\", \"--env-file=./envlink\"]\nenv_file = [\"docker.env\"]",
			"path ROOT/other/env (read-only) @2\nvariable APP_A @5\nvariable TOKEN @3"},
		{"a literal beside variables of a file", `run_args = ["--env-file=./$${env.TOKEN}", "--env-file=../$${env.TOKEN}"]`, "path ROOT/${env.TOKEN} (read-only) @2"},
		{"variables of a build", "build = { dockerfile_content = \"FROM x\", args = { T = \"${env.TOKEN}\" } }", "variable TOKEN @2\n" + byPodman + " @2 unless ours"},
		{"text beside variables of a build", "build = { dockerfile_content = \"FROM x\", args = { P = \"/p/evil.dll${env.TOKEN|default:}\", R = \"${env:TOKEN|slug}\", S = \"${env.TOKEN}${env.TOKEN}\", T = \"$${env.TOKEN}\" } }",
			"variable TOKEN @2\noption build.args.P = /p/evil.dll${env.TOKEN|default:} @2\noption build.args.S = ${env.TOKEN}${env.TOKEN} @2\n" + byPodman + " @2 unless ours"},
		{"network", "network = \"host\"", "network host @2"},
		{"another container's", "network = \"container:x\"", "network container:x @2"},
		{"named, made, with a name", "network = \"office\"\ncreate_network = true\nname = \"db-${pid}\"",
			"network office @2\nnetwork office (made where it is missing) @3\nname db-${pid} @4"},
		{"a tag of another's", "build = { dockerfile_content = \"FROM x\", tag = \"debian:bookworm\" }", "image debian:bookworm @2\n" + byPodman + " @2 unless ours"},
		{"a tag of ctenv's", "build = { dockerfile_content = \"FROM x\", tag = \"ctenv-${container|slug}-x\" }", "image ctenv-a-x @2\n" + byPodman + " @2 unless ours"},
		{"a tag of the project's", "build = { dockerfile_content = \"FROM x\", tag = \"ctenv-${project_dir|slug}-x\" }", "image ctenv-PROJECT-x @2 unless ours\n" + byPodman + " @2 unless ours"},
		{"the default tag, written", "build = { dockerfile_content = \"FROM x\", tag = \"ctenv-${project_dir|slug}-${container|slug}:latest\" }", byPodman + " @2 unless ours"},
		{"groups, label, runtime", "groups = [\"video\"]\nlabels = { \"a.b\" = \"${env.TOKEN}\", \"c.d\" = \"1\" }\nruntime = \"podman\"",
			"variable TOKEN @3\ngroup video @2\nlabel \"a.b\"=${env.TOKEN} @3\nlabel c.d=1 @3\nruntime podman @4"},
		{"ports", "ports = [\"8080:80\", \"auto:3000\", \"${env.UNSET|default:81}:80\"]",
			"variable UNSET @2\nport 127.0.0.1:8080:80 @2\nport 127.0.0.1::3000 @2\nport ${env.UNSET|default:81}:80 @2"},
		{"credentials", "ssh_agent = true\ngit_identity = true", "option ssh_agent = true @2\noption git_identity = true @3"},
		{"no credentials", "ssh_agent = false\ngit_identity = false", ""},
		{"values of variables", `network = "${env.TOKEN}"
name = "${env.APP_A}x"
labels = { "a.b" = "${env.TOKEN}" }
run_args = ["--label", "c.d=${env.TOKEN}", "--log-opt=a=${env.TOKEN}"]
build = { dockerfile_content = "FROM x", tag = "t-${env.TOKEN}" }
create_network = true`,
			"image t-${env.TOKEN} @6\nvariable TOKEN @6\nvariable APP_A @3\nnetwork ${env.TOKEN} @2\nnetwork ${env.TOKEN} (made where it is missing) @7\nname ${env.APP_A}x @3\n" + byPodman + " @6 unless ours\noption --log-opt=a=${env.TOKEN} @5\nlabel \"a.b\"=${env.TOKEN} @4\nlabel --label c.d=${env.TOKEN} @5"},
		{"options of a tmpfs", `run_args = ["--tmpfs=/repo/.:remount,rw", "--tmpfs", "/etc/hosts:ro,remount", "--tmpfs=/x:bind", "--tmpfs=/y:size=1g"]`,
			"option --tmpfs=/repo/.:remount,rw @2\noption --tmpfs=/etc/hosts:ro,remount @2\noption --tmpfs=/x:bind @2"},
		{"a seccomp profile by a variable, behind a link", "run_args = [\"--security-opt=seccomp=./in/${env.TOKEN}\"]",
			"variable TOKEN @2\noption --security-opt=seccomp=./in/${env.TOKEN} @2"},
		{"seccomp profiles", `run_args = ["--security-opt=seccomp=profile.json", "--security-opt=seccomp=envlink", "--security-opt=seccomp=../other/env", "--security-opt=seccomp=none.json"]`,
			"option --security-opt=seccomp=ROOT/p/profile.json (now 44136fa355b3678a1146ad16f7e8649e) @2\n" +
				"option --security-opt=seccomp=ROOT/p/envlink (ROOT/other/env) @2\noption --security-opt=seccomp=ROOT/other/env @2\noption --security-opt=seccomp=ROOT/p/none.json @2"},
		// The file chooses the image's name, beside a variable as elsewhere: what was allowed of one is not allowed of another.
		{"names beside variables", `image = "host"
network = "${env.UNSET|default:}${image}"
volumes = ["${env.UNSET|default:}${image}:/v"]
env = ["${env.UNSET|default:}${image}"]
labels = { "a.b" = "${env.TOKEN}${container}" }
run_args = ["--device=${env.UNSET|default:/dev/}${image}", "--volume=${env.UNSET|default:}${image}:/w"]
create_network = true`,
			"device --device=${env.UNSET|default:/dev/}host @7\nvolume ${env.UNSET|default:}host @4 unless ours\nvolume --volume=${env.UNSET|default:}host @7 unless ours\n" +
				"variable ${env.UNSET|default:}host @5\nvariable UNSET @4\nvariable TOKEN @6\nnetwork ${env.UNSET|default:}host @3\nnetwork ${env.UNSET|default:}host (made where it is missing) @8\nlabel \"a.b\"=${env.TOKEN}a @6"},
		{"options", `run_args = ["--cap-add", "SYS_PTRACE", "--device=/dev/null", "--security-opt=no-new-privileges=false", "-p", "80:80",
"--env=TOKEN", "--env-file=out/env", "-v=../other:/x", "--label=a.b=c", "--mount=type=bind,src=out,dst=/z,ro", "--mount=type=bind,src=./out,dst=/q", "--privileged",
"--mount=type=volume,src=v,dst=/v", "--log-opt", "tag=${env.TOKEN}", "--volumes-from=x", "--mount=type=bind,src=./src,dst=/s", "--mount=type=bind,src=./src,dst=/t,bind-propagation=rshared"]`,
			`path ROOT/other (read-write) @3
path ROOT/other/env (read-only) @3
path --mount=type=bind,src=out,dst=/z,ro @3
path --mount=type=bind,src=ROOT/p/src,dst=/t,bind-propagation=rshared @4
device --device=/dev/null @2
volume --mount=type=volume,src=v,dst=/v @4
volume --volumes-from=x @4
variable TOKEN @3
port --publish=80:80 @2
option --cap-add=SYS_PTRACE @2
option --security-opt=no-new-privileges=false @2
option --privileged @3
option --log-opt tag=${env.TOKEN} @4
label a.b=c @3`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := "[containers.a]\n" + tt.file
			if got := strings.Join(grantsOf(t, file, "", config.Container{}, nil), "\n"); got != tt.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, tt.want)
			}
			if strings.Contains(tt.file, "./src") || tt.name == "subpaths" {
				return // not there beside the caller's own file
			}
			// In the caller's own file nothing asks.
			if got := grantsOf(t, "", strings.ReplaceAll(file, "..", "../p/.."), config.Container{}, nil); len(got) > 0 {
				t.Errorf("of the caller's own: %q", got)
			}
		})
	}
}

// TestRelabelled: a file of the caller's is changed by that, however it is mounted.
func TestRelabelled(t *testing.T) {
	selinux := func(_ string, h *look.Host) { h.SELinux = true }
	file := "[containers.a]\nimage = \"x\"\nvolumes = [\"../home/.ssh:/a:ro\", \"./src:/b:Z\", \"/usr/share:/c:ro\"]\nrun_args = [\"--mount=type=bind,src=../other,dst=/d\"]\nenv_file = [\"envlink\"]"
	want := "path ROOT/home/.ssh (read-only, relabelled for SELinux) @3\npath /usr/share (read-only) @3\npath ROOT/other (read-write) @4\npath ROOT/other/env (read-only) @5"
	if got := strings.Join(grantsOf(t, file, "", config.Container{}, selinux), "\n"); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// TestRules fails for a key or an option of run_args for which nobody has decided
// whether a project's file may set it.
func TestRules(t *testing.T) {
	var keys func(prefix string, list []config.Key)
	keys = func(prefix string, list []config.Key) {
		for _, k := range list {
			if len(k.Keys) > 0 {
				keys(prefix+k.Name+".", k.Keys)
			} else if !grants.HasKeyRule(prefix + k.Name) {
				t.Errorf("the key %s has no rule in rules.go", prefix+k.Name)
			}
		}
	}
	keys("", config.Keys())
	for _, w := range runargs.Words() {
		if name := strings.Trim(w, "-="); !grants.HasOptionRule(name) {
			t.Errorf("the option %s of run_args has no rule in rules.go", name)
		}
	}
}

// TestGrantsOfOthers: what is not the project's file's, and what is nobody's word.
func TestGrantsOfOthers(t *testing.T) {
	pos := config.Pos{Source: &config.Source{Name: "command line", CommandLine: true}}
	str := func(v string) config.String { return config.String{V: v, Pos: pos, Set: true} }
	flags := config.Container{
		Network: str("host"), Env: []config.String{str("TOKEN"), str("X=${env.APP_A}")}, Volumes: []config.String{str("/etc:/x"), str("vol:/y")},
		RunArgs: []config.String{str("--privileged"), str("--env=APP_B")}, Runtime: str("podman"), EnvFile: []config.String{str("/etc/hostname")},
		Labels: []config.Entry{{Key: "a.b", Value: str("1")}},
	}
	// The command line's network takes the place of the file's: what is asked is what runs.
	if got := grantsOf(t, "[containers.a]\nnetwork = \"office\"\n", "", flags, nil); len(got) > 0 {
		t.Errorf("of the command line: %q", got)
	}
	// The caller's own default with the project's words in it is the caller's; the
	// project's are the project's.
	got := grantsOf(t, "[containers.a]\nnetwork = \"office\"\nenv = [\"TOKEN\"]\n", "[defaults]\nenv = [\"APP_A\"]\nnetwork = \"host\"\n[limits]\nforbid = [\"network\"]\n", config.Container{}, nil)
	if want := "[variable TOKEN @3 network office @2 REFUSED]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
	got = grantsOf(t, "[defaults]\nimage = \"x\"\nnetwork = \"office\"\nsetup_commands = [\"x\", \"y\"]\nprogress = \"plain\"\n", "[containers.a]\nimage = \"x\"\nnetwork = \"none\"\n", config.Container{}, nil)
	if want := `[option setup_commands of the project in "a", a container of your own files @4 option progress of the project in "a", a container of your own files @5]`; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
	// A project's argument in the caller's own Dockerfile, and the caller's own one beside it.
	const own = "[defaults.build]\ndockerfile_content = \"ARG BASE\\nFROM ${BASE}\"\nargs = { BASE = \"debian\" }\n"
	got = grantsOf(t, "[containers.a.build.args]\nBASE = \"oci-archive:/home/alice/x.tar\"\n", own, config.Container{}, nil)
	if want := "[option a build by podman, whose arguments can lead your Dockerfile to your files @2 unless ours]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
	if got := grantsOf(t, "[containers.a]\n", own, config.Container{}, nil); len(got) > 0 {
		t.Errorf("of the caller's own build: %q", got)
	}
	got = grantsOf(t, "[containers.a]\n", "", config.Container{}, func(root string, h *look.Host) {
		h.Repository = &look.Repository{Dir: filepath.Join(root, "other"), Names: []look.GitName{{Dir: ".", Path: filepath.Join(root, "other")}}}
	})
	if want := "[git ROOT/other (read-write) @0]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

// TestLimitsOnAllWays: what is forbidden is so by whatever key a file asks for it.
func TestLimitsOnAllWays(t *testing.T) {
	file := "[containers.a]\nenv = [\"JOB\"]\nenv_paths = true\nrun_args = [\"--mount=type=volume,src=shared,dst=/v\", \"--mount=type=bind,src=./src,dst=/t,bind-propagation=rshared\"]\n"
	job := func(root string, h *look.Host) { h.Env["JOB"] = filepath.Join(root, "other/env") }
	for forbidden, want := range map[string]string{
		"path":   "path ROOT/other/env (read-write) @2 REFUSED\npath --mount=type=bind,src=ROOT/p/src,dst=/t,bind-propagation=rshared @4 REFUSED\nvolume --mount=type=volume,src=shared,dst=/v @4\nvariable JOB @2\noption env_paths = true @3",
		"volume": "path --mount=type=bind,src=ROOT/p/src,dst=/t,bind-propagation=rshared @4\nvolume --mount=type=volume,src=shared,dst=/v @4 REFUSED\nvariable JOB @2\noption env_paths = true @3",
	} {
		if got := strings.Join(grantsOf(t, file, "[limits]\nforbid = [\""+forbidden+"\"]\n", config.Container{}, job), "\n"); got != want {
			t.Errorf("%s: got:\n%s\nwant:\n%s", forbidden, got, want)
		}
	}
}

// TestFilesOfTheCallersVariables: that the caller passes a variable is no word about the file
// that it names.
func TestFilesOfTheCallersVariables(t *testing.T) {
	own := func(root string, h *look.Host) {
		h.Env["KUBECONFIG"], h.Env["JOB"] = filepath.Join(root, "other/env"), filepath.Join(root, "p/.env")
	}
	got := grantsOf(t, "[containers.a]\nenv_paths = true\n", "[defaults]\nenv = [\"KUBECONFIG\", \"JOB\", \"TOKEN\"]\n", config.Container{}, own)
	if want := "[path the file that KUBECONFIG names (read-write) @2 option env_paths = true @2]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
	if got := grantsOf(t, "[containers.a]\n", "[defaults]\nenv_paths = true\nenv = [\"KUBECONFIG\"]\n", config.Container{}, own); len(got) > 0 {
		t.Errorf("of the caller's own: %q", got)
	}
}

// A key that nobody has thought of asks.
func TestUnknownKeyAsks(t *testing.T) {
	if got := grants.JudgeRow("novel", "v"); len(got) != 1 || got[0].Kind != "option" {
		t.Error(got)
	}
	if got := grants.JudgeOption("novel", "v"); len(got) != 1 || got[0].Kind != "option" {
		t.Error(got)
	}
}
