package decide_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"ctenv/internal/config"
	"ctenv/internal/decide"
	"ctenv/internal/dockerline"
	"ctenv/internal/expand"
	"ctenv/internal/host"
	"ctenv/internal/look"
	"ctenv/internal/plan"
	"ctenv/internal/slug"
	"ctenv/internal/testfiles"
	"ctenv/internal/wire"
)

// stayDraft is the draft of a container that stays, from a project's file.
func stayDraft(t *testing.T, toml, dir string, caller look.Host) *expand.Draft {
	t.Helper()
	draft, err := expand.Stay(resolved(t, dir, toml, "dev"), caller)
	if err != nil {
		t.Fatal(err)
	}
	return draft
}

func stayPlan(t *testing.T, toml, dir string, caller look.Host) plan.Plan {
	t.Helper()
	draft := stayDraft(t, toml, dir, caller)
	if draft.NeedsImageConfig() {
		t.Error("a container that pauses needs nothing of the image's")
	}
	p, err := decide.Plan(draft, lookAndRead(draft.Wants()), look.Facts{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const stayToml = `
[containers.dev]
image = "debian"
image_entrypoint = true
tty = true
detach = true
command = "make"
env = ["A=1", "PASSED", "APP_*", "LATIN1"]
env_file = ["vars"]
volumes = ["cache-${pid}:/cache:chown", "./lib:/repo/lib:ro", "./maybe:/maybe:optional"]
post_start_commands = ["echo ${pid}"]
`

func stayDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	testfiles.Put(t, dir, map[string]string{"lib/x/": "", "sub/x/": "", "vars": "FILE=1\n"})
	return dir
}

func TestRuntime(t *testing.T) {
	host := look.Host{Env: map[string]string{"ENGINE": "podman"}}
	for text, want := range map[string]string{"auto": "auto", "${env.ENGINE}": "podman", "${env.NONE}": "", "rkt${env.ENGINE}": ""} {
		got, err := expand.Runtime(config.Container{Runtime: config.String{V: text, Set: true}}, host)
		if (err == nil) != (want != "") || err == nil && got != want {
			t.Errorf("%s: %q, %v; want %q", text, got, err, want)
		}
	}
}

func TestStayPlan(t *testing.T) {
	dir := stayDir(t)
	p := stayPlan(t, stayToml+`run_args = ["--stop-signal=USR1"]`, dir, alice(dir))
	if !p.Stay || !p.Detach || p.TTY || p.OpenStdin || p.Cmd != nil || p.Request.Mode != wire.ModeServe || p.Request.Serve == nil {
		t.Errorf("%+v", p)
	}
	if want := "ctenv-" + slug.Of(dir) + "-dev-stay"; p.Name != want {
		t.Errorf("name %q, want %q: it outlives the process", p.Name, want)
	}
	if p.Mounts[2].Source != "cache-stay" || p.Request.PostStart[0] != "echo stay" {
		t.Errorf("${pid}: %+v, %q", p.Mounts[2], p.Request.PostStart)
	}
	for name, want := range map[string]string{plan.LabelStays: "2", plan.LabelUID: "1234", plan.LabelContainer: "dev", plan.LabelConfig: p.Labels[plan.LabelConfig]} {
		if p.Labels[name] != want || want == "" {
			t.Errorf("label %s is %q, want %q", name, p.Labels[name], want)
		}
	}
	if key := (plan.StayKey{ProjectDir: dir, UID: 1234, Container: "dev"}); p.StayKey() != key || plan.StayKeyOf(alice(dir), "dev") != key {
		t.Errorf("keys %+v, %+v, want %+v", p.StayKey(), plan.StayKeyOf(alice(dir), "dev"), key)
	}
	other := alice(dir)
	other.User.UID = 1
	if o := stayPlan(t, stayToml, dir, other); o.Name != p.Name || o.SecondName() == p.SecondName() {
		t.Error("two callers of one project would take each other's container for theirs")
	}
	line, err := dockerline.Of(p, "docker")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{" -d ", " --log-driver=json-file --log-opt=max-size=10m ", " --stop-signal=SIGTERM "} {
		if !strings.Contains(line, want) {
			t.Errorf("%q is not in %s", want, line)
		}
	}
}

// TestFingerprint: what differs between two calls is no change of the configuration,
// and nothing that the configuration says is left out.
func TestFingerprint(t *testing.T) {
	edit := func(old, new string) func(string, *look.Host, string) string {
		return func(toml string, _ *look.Host, _ string) string {
			out := strings.Replace(toml, old, new, 1)
			if out == toml {
				panic(old)
			}
			return out
		}
	}
	call := func(change func(*look.Host)) func(string, *look.Host, string) string {
		return func(toml string, h *look.Host, _ string) string { change(h); return toml }
	}
	write := func(name, text string) func(string, *look.Host, string) string {
		return func(toml string, _ *look.Host, dir string) string {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				panic(err)
			}
			return toml
		}
	}
	for name, c := range map[string]struct {
		change  func(toml string, h *look.Host, dir string) string
		changed bool
	}{
		"nothing":    {call(func(*look.Host) {}), false},
		"process":    {call(func(h *look.Host) { h.PID = 9 }), false},
		"place":      {call(func(h *look.Host) { h.Cwd += "/sub" }), false},
		"terminal":   {call(func(h *look.Host) { h.StdinTTY, h.StderrTTY = false, false }), false},
		"background": {call(func(h *look.Host) { h.Background = true }), false},
		"verbosity":  {call(func(h *look.Host) { h.Verbosity = 2 }), false},
		"another ctenv": {call(func(h *look.Host) {
			h.InitPlaces = []look.InitPlace{{Path: "/x/init", Real: "/x/init"}}
			h.Version = "v2"
		}), false},
		"passed value":         {call(func(h *look.Host) { h.Env["APP_A"] = "other" }), false},
		"passed name":          {call(func(h *look.Host) { h.Env["PASSED"] = "now there"; h.Env["APP_C"] = "new" }), false},
		"passed value, no UTF": {call(func(h *look.Host) { h.Env["LATIN1"] = "\xe8" }), false},
		"mount point":          {write("lib/y", ""), false},
		"order of labels":      {edit(`image = "debian"`, "image = \"debian\"\nlabels = {}"), false},
		"command":              {edit("make", "make all"), false}, // exec has its own

		"image":           {edit("debian", "debian:12"), true},
		"variable":        {edit("A=1", "A=2"), true},
		"passing":         {edit(`"PASSED"`, `"PASSED", "TOKEN"`), true},
		"no more passing": {edit(`"PASSED", `, ""), true},
		"file's variable": {write("vars", "FILE=2\n"), true},
		"mount":           {edit("/repo/lib:ro", "/repo/lib"), true},
		"a path appears":  {write("maybe", ""), true},
		"post-start":      {edit("echo ${pid}", "echo"), true},
		"label":           {edit(`image = "debian"`, "image = \"debian\"\nlabels = { a = \"b\" }"), true},
		"network":         {edit(`image = "debian"`, "image = \"debian\"\nnetwork = \"none\""), true},
		"sudo":            {edit(`image = "debian"`, "image = \"debian\"\nsudo = true"), true},
		"option":          {edit(`image = "debian"`, "image = \"debian\"\nrun_args = [\"--cap-drop=ALL\"]"), true},
		"limit":           {edit(`image = "debian"`, "image = \"debian\"\nulimits = { nofile = 99 }"), true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := stayDir(t)
			caller := alice(dir)
			caller.HideEnv = false
			before := stayPlan(t, stayToml, dir, caller).Labels[plan.LabelConfig]
			toml := c.change(stayToml, &caller, dir)
			after := stayPlan(t, toml, dir, caller).Labels[plan.LabelConfig]
			if (before != after) != c.changed || before == "" {
				t.Errorf("%s and %s, want a change: %v", before, after, c.changed)
			}
		})
	}
}

func TestExecPlan(t *testing.T) {
	dir := stayDir(t)
	caller := alice(dir + "/sub")
	caller.ProjectDir, caller.RealProjectDir, caller.HideEnv = dir, dir, false
	p := stayPlan(t, stayToml, dir, caller)
	c := resolved(t, dir, stayToml, "dev")
	flags := config.Container{Env: []config.String{{V: "B=2", Set: true}, {V: "LATIN1", Set: true}}}
	for _, tc := range []struct {
		args []string
		kind string
	}{
		{[]string{"make", "-j4"}, wire.CommandArgv},
		{nil, wire.CommandShell},
		{[]string{"\xff"}, wire.CommandArgv},
	} {
		draft, err := expand.Exec(c, flags, caller, tc.args)
		if err != nil {
			t.Fatal(err)
		}
		run, err := decide.Plan(draft, lookAndRead(draft.Wants()), look.Facts{})
		if err != nil {
			t.Fatal(err)
		}
		x := run.Enter()
		if !reflect.DeepEqual(x.Args, tc.args) || x.Request.Mode != wire.ModeJoin || x.Request.Command.Kind != tc.kind || !x.TTY || !x.OpenStdin || x.Detach {
			t.Errorf("%q: %+v", tc.args, x)
		}
		if x.Request.Workdir != "/repo/sub" || x.Request.PostStart != nil || x.Request.User.UID != p.Request.User.UID {
			t.Errorf("%q: %+v", tc.args, x.Request)
		}
		want := []string{"B=2", "CTENV=1", "CTENV_CONTAINER=dev", "LATIN1=caf\xe9"}
		if !reflect.DeepEqual(x.Env, want) {
			t.Errorf("variables %q, want %q", x.Env, want)
		}
		if _, err := wire.Encode(x.Request); err != nil {
			t.Error(err)
		}
	}
	flags.Detach = config.Value[bool]{V: true, Set: true}
	draft, err := expand.Exec(c, flags, caller, nil)
	if err != nil {
		t.Fatal(err)
	}
	run, err := decide.Plan(draft, lookAndRead(draft.Wants()), look.Facts{})
	if x := run.Enter(); err != nil || !x.Detach || x.OpenStdin {
		t.Errorf("--detach: %+v, %v", x, err)
	}
}

// TestOwnLabels: a container has its image's labels too, but for those that it is given
// itself, so a run says that it does not stay.
func TestOwnLabels(t *testing.T) {
	dir := t.TempDir()
	p := plannedRun(t, `[containers.dev]`+"\n"+`labels = { "se.osd.ctenv.team" = "x" }`, dir)
	for _, name := range plan.OwnLabels {
		if _, ok := p.Labels[name]; !ok {
			t.Errorf("a run has no label %s", name)
		}
	}
	if p.Labels[plan.LabelStays] != "" || p.Labels["se.osd.ctenv.team"] != "x" {
		t.Errorf("labels %v", p.Labels)
	}
}

// plannedRun is the plan of a run of the container dev.
func plannedRun(t *testing.T, toml, dir string) plan.Plan {
	t.Helper()
	return planned(t, resolved(t, dir, toml, "dev"), dir, nil, nil)
}

// TestFingerprintHolds: a container that an older ctenv has started is not "changed" by a
// newer one. A new field belongs into the golden only where the file asks for it.
func TestFingerprintHolds(t *testing.T) {
	const toml = `
[containers.dev]
build = { dockerfile_content = "FROM debian", args = { A = "1" }, target = "t" }
platform = "linux/amd64"
env = ["A=1", "PASSED", "APP_*", "LATIN1", "BYTES=${env.LATIN1}"]
volumes = ["cache:/cache:chown", "tools:/tools:ro,nocopy"]
labels = { a = "b" }
ulimits = { nofile = 1024 }
run_args = ["--cap-drop=ALL", "--health-cmd=true"]
network = "office"
create_network = true
hostname = "box"
groups = ["video"]
shell = "dash"
umask = "0002"
post_start_commands = ["echo a"]
setup_commands = ["echo b"]
sudo = true
auto_project_mount = false
`
	holdsFingerprint(t, t.TempDir(), toml, "testdata/fingerprint.json")
}

// TestFingerprintOfFilesHolds has the keys whose values are files, and those that the image
// is made for.
func TestFingerprintOfFilesHolds(t *testing.T) {
	const toml = `
[containers.dev]
build = { dockerfile = "Dockerfile", context = "lib", args = { B = "${env.TOKEN}" } }
packages = { apk = ["make"], apt = ["git"] }
image_commands = ["echo c"]
ca_certificates = ["corp.pem"]
git_identity = true
env_file = ["vars"]
ports = ["8080:80", "127.0.0.2:53:53/udp"]
volumes = ["./lib:/lib:ro,rslave"]
run_args = ["--security-opt=seccomp=DIR/seccomp.json", "--umask=027", "--timeout=9", "--tmpfs=/t:size=1m,mode=700"]
auto_project_mount = false
`
	golden, err := txtar.ParseFile("testdata/certificates.txtar")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	testfiles.Put(t, dir, map[string]string{"Dockerfile": "FROM debian", "lib/x/": "", "vars": "FILE=1\n", "seccomp.json": "{ }",
		"corp.pem": string(golden.Files[1].Data)})
	holdsFingerprint(t, dir, strings.ReplaceAll(toml, "DIR", dir), "testdata/fingerprint-files.json")
}

// holdsFingerprint compares what the container dev is told from others by with a golden, in
// which dir is DIR.
func holdsFingerprint(t *testing.T, dir, toml, golden string) {
	t.Helper()
	caller := alice(dir)
	caller.HideEnv, caller.ProjectDir, caller.RealProjectDir = false, "/home/alice/project", "/home/alice/project"
	draft := stayDraft(t, toml, dir, caller)
	p, err := decide.Plan(draft, lookAndRead(draft.Wants()), look.Facts{})
	if err != nil {
		t.Fatal(err)
	}
	got := strings.ReplaceAll(string(decide.FingerprintOf(draft, p)), dir, "DIR") + "\n"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want, err := os.ReadFile(golden); err != nil || string(want) != got {
		t.Errorf("got %s, want %s (%v)", got, want, err)
	}
}

// TestFingerprintWithoutIdentity: whom git commits as is passed from the host, and asked for
// where a container is made. What the files say of its variables counts.
func TestFingerprintWithoutIdentity(t *testing.T) {
	caller := alice(t.TempDir())
	caller.HideEnv, caller.ProjectDir, caller.RealProjectDir = false, "", ""
	config := func(toml, name string) string {
		t.Helper()
		draft := stayDraft(t, "[containers.dev]\nimage = \"debian\"\nauto_project_mount = false\n"+toml, caller.Cwd, caller)
		seen := host.LookAtPaths(draft.Wants())
		if person := (look.GitPerson{Name: name, Mail: "a@example.org"}); name != "" {
			seen.GitIdentity = &look.GitIdentity{Author: person, Committer: person}
		}
		p, err := decide.Plan(draft, seen, look.Facts{})
		if err != nil {
			t.Fatal(err)
		}
		return p.Labels[plan.LabelConfig]
	}
	const on = "git_identity = true\n"
	first := config(on, "Alice")
	for _, name := range []string{"Bob", "caf\xe9", ""} {
		if config(on, name) != first {
			t.Errorf("another configuration with git's identity %q", name)
		}
	}
	for _, toml := range []string{"", on + "env = [\"GIT_AUTHOR_NAME=Alice\"]\n"} {
		if config(toml, "Alice") == first {
			t.Errorf("the same configuration: %q", toml)
		}
	}
}

// TestDraftStays: a draft serves for several plans, one like the other.
func TestDraftStays(t *testing.T) {
	dir := stayDir(t)
	caller := alice(dir)
	draft := stayDraft(t, stayToml, dir, caller)
	fresh := fmt.Sprintf("%+v", *draft)
	seen := lookAndRead(draft.Wants())
	var plans []plan.Plan
	for _, facts := range []look.Facts{{}, {Podman: true, Rootless: true}, {}} {
		p, err := decide.Plan(draft, seen, facts)
		if err != nil {
			t.Fatal(err)
		}
		plans = append(plans, p)
	}
	if got := fmt.Sprintf("%+v", *draft); got != fresh {
		t.Errorf("Build has changed the draft:\n%s\nwas\n%s", got, fresh)
	}
	if !reflect.DeepEqual(plans[0], plans[2]) {
		t.Errorf("another plan of the same draft:\n%+v\n%+v", plans[0], plans[2])
	}
}
