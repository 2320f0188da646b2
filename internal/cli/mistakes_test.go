package cli

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ctenv/internal/config"
	"ctenv/internal/hint"
	"ctenv/internal/testfiles"
)

var update = flag.Bool("update", false, "write the golden files anew")

// call runs a command line as alice in the directory of a project, where file is
// .ctenv.toml, and gives the exit code and what it printed. The project's path is
// $PROJECT there.
func call(t *testing.T, file string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	project, home := filepath.Join(root, "project"), filepath.Join(root, "home")
	testfiles.Put(t, root, map[string]string{"home/": "", "project/.ctenv.toml": file})
	return callIn(t, project, home, args...)
}

func callIn(t *testing.T, project, home string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return callWith(t, project, home, nil, args...)
}

func callWith(t *testing.T, project, home string, env []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var files [3]*os.File
	for i := range files {
		f, err := os.CreateTemp(t.TempDir(), "")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		files[i] = f
	}
	code = Main(context.Background(), append([]string{"-p", project}, args...), Env{
		Environ: append([]string{"HOME=" + home, "USER=alice", "PATH=" + os.Getenv("PATH"), "REGISTRY=registry.example"}, env...),
		Stdin:   files[0], Stdout: files[1], Stderr: files[2], Version: "v0-test",
	})
	read := func(f *os.File) string {
		data, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		return strings.NewReplacer(project, "$PROJECT", home, "$HOME", filepath.Dir(project), "$ROOT").Replace(string(data))
	}
	return code, read(files[1]), read(files[2])
}

// badValues has a value of the right kind that is wrong all the same, for each
// key that has its own idea of right.
var badValues = map[string]string{
	"image":                    `"Debian:bookworm"`,
	"command":                  `""`,
	"project_target":           `"repo"`,
	"subpaths":                 `["../elsewhere"]`,
	"volumes":                  `["./src:/src:readonli"]`,
	"workdir":                  `"src"`,
	"env":                      `["A = 1"]`,
	"env_file":                 `["./missing.env"]`,
	"ca_certificates":          `["./missing.pem"]`,
	"groups":                   `["no-such-group"]`,
	"packages":                 `{ apt-get = ["git"] }`,
	"image_commands":           `["chown ${uid} /srv"]`,
	"tty":                      `"yes"`,
	"post_start_commands":      `["echo ${env.UNSET}"]`,
	"setup_commands":           `["echo ${user|lower}", "echo ${uid|lower}"]`,
	"shell":                    `"bin/zsh"`,
	"umask":                    `"27"`,
	"name":                     `"my container"`,
	"hostname":                 `"my_host"`,
	"network":                  `"my network"`,
	"ports":                    `["http"]`,
	"platform":                 `"arm64"`,
	"ulimits":                  `{ nofiles = 1024 }`,
	"labels":                   `{ "se.osd.ctenv.managed" = "false" }`,
	"run_args":                 `["--entrypoint=/bin/sh"]`,
	"progress":                 `"verbose"`,
	"pull":                     `"allways"`,
	"runtime":                  `"dockr"`,
	"build.dockerfile":         `"${projectdir}/Dockerfile"`,
	"extends":                  `"nosuch"`,
	"unset":                    `["netwrk"]`,
	"build.dockerfile_content": `" "`,
	"build.context":            `"${env.UNSET}"`,
	"build.tag":                `"My App"`,
	"build.args":               `{ "A=B" = "1" }`,
	"build.target":             `"${nosuch}"`,
}

// wrongKinds has a value of the wrong kind for each kind.
var wrongKinds = map[config.Kind]string{
	config.KindString:     `5`,
	config.KindBool:       `"yes"`,
	config.KindBoolOrAuto: `1`,
	config.KindList:       `"one"`,
	config.KindEnv:        `"A=1"`,
	config.KindNames:      `5`,
	config.KindGroups:     `"docker"`,
	config.KindCommand:    `5`,
	config.KindPackages:   `"git"`,
	config.KindTable:      `["a=b"]`,
	config.KindUlimits:    `["nofile=1024"]`,
	config.KindKeys:       `"."`,
}

// TestEveryKey shows what is said about each key of the file when its name is
// misspelt, its value is of the wrong kind, and its value is wrong. The cases come
// from the table of keys: a new key has them too, or fails here.
func TestEveryKey(t *testing.T) {
	if *update {
		if err := os.RemoveAll("testdata/keys"); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir("testdata/keys", 0o755); err != nil {
			t.Fatal(err)
		}
	}
	everyKey(t, "", config.Keys())
}

func everyKey(t *testing.T, prefix string, keys []config.Key) {
	for _, k := range keys {
		path := prefix + k.Name
		everyKey(t, path+".", k.Keys)
		if k.Kind == config.KindIgnored {
			continue
		}
		t.Run(path, func(t *testing.T) {
			wrong, ok := wrongKinds[k.Kind]
			if !ok {
				t.Fatal("its kind has no case in wrongKinds")
			}
			cases := []string{
				prefix + k.Name[:len(k.Name)-1] + ` = "x"`,
				path + " = " + wrong,
			}
			if bad := badValues[path]; bad != "" {
				cases = append(cases, path+" = "+bad)
			} else if k.Kind != config.KindBool && k.Kind != config.KindKeys {
				t.Fatal("it has no case in badValues")
			}
			var got strings.Builder
			for i, line := range cases {
				code, stdout, stderr := call(t, "[containers.c]\n"+line+"\n", "run", "--dry-run", "c")
				if code != hint.Config || stdout != "" {
					t.Errorf("%s: exit code %d, stdout %q", line, code, stdout)
				}
				name := k.Name
				if i == 0 {
					name = k.Name[:len(k.Name)-1]
					if !strings.Contains(stderr, `did you mean "`+k.Name+`"?`) {
						t.Errorf("%s: the right name is not said: %s", line, stderr)
					}
				}
				checkError(t, line, stderr, name)
				got.WriteString(line + "\n" + stderr + "\n")
			}
			golden(t, filepath.Join("testdata", "keys", path+".txt"), got.String())
		})
	}
}

// checkError wants one error about name with its place, and a hint at most.
func checkError(t *testing.T, what, stderr, name string) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(stderr, "\n"), "\n")
	if !regexp.MustCompile(`^error: \$PROJECT/\.ctenv\.toml:[0-9]+:[0-9]+: `).MatchString(lines[0]) {
		t.Errorf("%s: no place in %q", what, lines[0])
	}
	if !strings.Contains(lines[0], name) {
		t.Errorf("%s: %q is not named in %q", what, name, lines[0])
	}
	if len(lines) > 2 || len(lines) == 2 && !strings.HasPrefix(lines[1], "hint: ") {
		t.Errorf("%s: more than an error and a hint:\n%s", what, stderr)
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; go test -update writes it anew\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}

// TestMistakesOfPeople: what people write who know docker, compose files, YAML or
// the shell ends in a line that says what to write instead.
func TestMistakesOfPeople(t *testing.T) {
	const in = "[containers.c]\n"
	for _, tt := range []struct{ file, want string }{
		// Another format.
		{"containers:\n", "hint: a table is written [containers]"},
		{in + "image: debian\n", `hint: write image = "debian"`},
		{"{\n  \"image\": \"debian\"\n}\n", "hint: this is no JSON: write key = value"},
		{in + "// the compiler\n", "hint: a comment starts with #"},
		{in + "image = debian\n", `hint: put it in quotes: image = "debian"`},
		{in + "sudo = True\n", "hint: write sudo = true"},
		{in + "sudo = \"yes\"\n", "hint: write sudo = true"},
		{in + "env = [A=1]\n", "hint: the items of an array stand in quotes, with commas between them"},
		{in + "labels = { a = \"b\"\n", "hint: an inline table is { key = value, key = value }, on one line, without a comma at its end"},
		{in + "volumes = [\"C:\\Users\"]\n", `hint: in "…" a backslash starts an escape: write it twice, or use '…'`},

		// Another place.
		{"[container.c]\n", `hint: did you mean "containers"?`},
		{"[c]\nimage = \"debian\"\n", "hint: a container is written [containers.c]"},
		{"[containers]\nimage = \"debian\"\n", "hint: write [containers.NAME] above it"},
		{"image = \"debian\"\n", "hint: image belongs in [defaults] or [containers.NAME]"},
		{"[containers.gcc-12.2]\nimage = \"gcc\"\n", `hint: a name with a dot is written in quotes: [containers."gcc-12.2"]`},
		{in + "dockerfile = \"Dockerfile\"\n", "hint: write build.dockerfile"},

		// Another name.
		{in + "environment = [\"A=1\"]\n", `hint: write env = ["NAME=value"]`},
		{in + "publish = [\"8080:80\"]\n", `hint: write ports = ["8080:80"]`},
		{in + "mounts = []\n", "hint: write volumes"},
		{in + "user = \"root\"\n", "hint: leave it out: the command runs as you"},
		{in + "postCreateCommand = \"npm ci\"\n", "hint: write setup_commands"},
		{in + "cmd = \"make\"\n", "hint: write command"},
		{in + "run_args = [\"--user=1000\"]\n", "the command runs as the caller"},
		{in + "run_args = [\"--cpu=2\"]\n", "hint: did you mean --cpus?"},

		// Another form.
		{in + "env = [\"A = 1\"]\n", `hint: write "A=1"`},
		{in + "env = [\"*\"]\n", "hint: name a prefix: PREFIX_*"},
		{in + "env = [\"*_TOKEN\"]\n", "hint: name a prefix: PREFIX_*"},
		{in + "labels = [\"a=b\"]\n", `hint: write labels = { a = "b" }`},
		{in + "ulimits = [\"nofile=1024\"]\n", `hint: write ulimits = { nofile = "1024" }`},
		{in + "build = \"docker\"\n", `hint: write build = { context = "docker" }`},
		{in + "volumes = [\"build/out:/out\"]\n", "hint: write ./build/out for a path"},
		{in + "volumes = [\"$HOME/.m2:/m2\"]\n", "hint: write ${HOME}/.m2"},
		{in + "volumes = [\"cache\"]\n", "hint: write cache:/path"},
		{in + "volumes = [\"./gone:/gone\"]\n", "hint: make it first, or add the option create to have it made, or optional to go on without it"},
		{in + "workdir = \"src\"\n", "hint: write /repo/src"},
		{in + "workdir = \"../src\"\n", "hint: write the whole path in the container"},
		{in + "image = \"${REGISTRY}/gcc\"\n", "hint: write ${env.REGISTRY}"},
		{in + "image = \"${image}:x\"\n", "hint: write the name itself; ${env.NAME} takes one from the host"},
		{in + "image = \"gcc:${image_tag|default:12}\"\n", "hint: write the name itself; ${env.NAME} takes one from the host"},
		{in + "image = \"gcc:${IMAGE_TAG}\"\n", "hint: write the name itself; ${env.NAME} takes one from the host"},
		{in + "build = { tag = \"${image}\" }\n", "hint: write the name itself; ${env.NAME} takes one from the host"},
		{in + "image = \"Debian\"\n", "hint: write debian"},
		{in + "image = \"debian \"\n", "hint: write debian"},
		{in + "platform = \"arm64\"\n", "hint: write linux/arm64"},
	} {
		name := "c"
		if strings.Contains(tt.file, "gcc-12.2") {
			name = "gcc-12.2"
		}
		code, stdout, stderr := call(t, tt.file, "run", "--dry-run", name)
		lines := strings.Split(strings.TrimSuffix(stderr, "\n"), "\n")
		if code != hint.Config || stdout != "" || !strings.Contains(lines[len(lines)-1], tt.want) {
			t.Errorf("%s\nexit code %d\n%s%s\nwant at the end: %s", tt.file, code, stdout, stderr, tt.want)
		}
		checkError(t, tt.file, stderr, "")
	}
}

// TestFlagExitCodes: a value that its flag cannot take is a mistake in how ctenv was
// called. One that does not fit what is here is none: tomorrow the same line may work.
func TestFlagExitCodes(t *testing.T) {
	for want, lines := range map[int][][]string{
		hint.Usage: {
			{"--no-such-flag"},
			{"--no-stdin=maybe"},
			{"--pull", "sometimes"},
			{"--runtime", "rkt"},
			{"--image", "Debian"},
			{"--image", "${nosuch}"},
			{"--image", "x:${image_tag}"},
			{"--name", "my container"},
			{"--workdir", "src"},
			{"--network", "my network"},
			{"--platform", "arm64"},
			{"--project-target", "repo"},
			{"--project-target", "/repo:readonli"},
			{"-v", "./:/x:readonli"},
			{"-v", "./:/x:ro,chown"},
			{"-v", "./:/x:nocopy"},
			{"-v", "cache:/x:rslave"},
			{"-v", "cache:/"},
			{"-v", "$HOME/x:/x"},
			{"-s", "./x:ro:rw"},
			{"--env", "=1"},
			{"--env", "A = 1"},
			{"--env", "*"},
			{"--env", "CTENV_REQUEST=1"},
			{"--label", "=x"},
			{"--label", "a b=x"},
			{"--label", "se.osd.ctenv.managed=x"},
			{"--ulimit", "foo"},
			{"--ulimit", "foo=1"},
			{"--ulimit", "nofile=many"},
			{"--run-arg", "--entrypoint=/bin/sh"},
			{"--run-arg", "--memory=much"},
			{"--run-arg", "--volume=./:/"},
			{"--run-arg", "--label=a b=x"},
			{"--run-arg", "--env=CTENV_REQUEST=1"},
			{"--build-arg", "A"},
			{"--build-tag", "My App"},
			{"--build-dockerfile-content", " "},
		},
		hint.Config: {
			{"nosuch"},
			{"-v", "./gone:/x"},
			{"-v", "/etc:/x:chown"},
			{"-v", "cache:/repo/.ctenv.toml"},
			{"-s", ".."},
			{"--env", "A=${env.UNSET}"},
			{"-v", "${env.UNSET}/x:/x"},
			{"--run-arg", "--env-file=gone.env"},
			{"--run-arg", "--env-file=.ctenv.toml"},
			{"--build-dockerfile", "gone"},
			{"--build-context", "gone"},
			{"--config", "gone.toml"},
		},
	} {
		for _, line := range lines {
			args := append([]string{"run", "--dry-run"}, line...)
			if code, _, stderr := call(t, "", args...); code != want || !strings.HasPrefix(stderr, "error: ") {
				t.Errorf("%q: exit code %d, want %d\n%s", line, code, want, stderr)
			}
		}
	}
	// The commands that make a plan of their own agree.
	for _, args := range [][]string{{"start", "--dry-run", "--env", "=1"}, {"start", "--dry-run", "-v", "cache:/x:ro,chown"}} {
		if code, _, stderr := call(t, "", args...); code != hint.Usage {
			t.Errorf("%q: exit code %d\n%s", args, code, stderr)
		}
	}
}
