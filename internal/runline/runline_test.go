package runline

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ctenv/internal/config"
	"ctenv/internal/configfile"
	"ctenv/internal/hint"
)

func TestFrom(t *testing.T) {
	for _, tt := range []struct {
		name, line string
		want       string // the settings, one a line
		left       string // what is not taken over, without the reasons
	}{
		{"plain", `docker run debian`, "image = \"debian\"\nimage_entrypoint = true\nauto_project_mount = false\nworkdir = \"/\"", "the_image's_WORKDIR"},
		{"the usual", `docker run -it --rm -v "$(pwd)":/app -w /app node:20 npm test`,
			"image = \"node:20\"\ncommand = [\"npm\", \"test\"]\nproject_target = \"/app\"", "--interactive --tty --rm the_image's_ENTRYPOINT"},
		{"over several lines", "docker run \\\n  --rm \\\n  alpine", "image = \"alpine\"\nimage_entrypoint = true\nauto_project_mount = false\nworkdir = \"/\"", "--rm the_image's_WORKDIR"},
		{"sudo, and the engine's own options", `sudo -n docker run alpine true`, "image = \"alpine\"\ncommand = [\"true\"]\nauto_project_mount = false\nworkdir = \"/\"", "the_image's_ENTRYPOINT the_image's_WORKDIR"},
		{"the engine's own options", `sudo podman --log-level debug container run alpine true`, "image = \"alpine\"\ncommand = [\"true\"]\nauto_project_mount = false\nworkdir = \"/\"", "the_image's_ENTRYPOINT the_image's_WORKDIR"},
		{"place and mounts", `docker run -v $PWD/src:/src:ro -v ~/.ssh:/root/.ssh -v ${HOME}/x:/x -v cache:/c -v /data -w /src a sh`,
			"image = \"a\"\ncommand = [\"sh\"]\nauto_project_mount = false\nvolumes = [\"./src:/src:ro\", \"~/.ssh:/root/.ssh\", \"~/x:/x\", \"cache:/c\"]\nworkdir = \"/src\"",
			"--volume=/data the_image's_ENTRYPOINT"},
		{"the directory by its path", `docker run -v /home/alice/app:/app:ro -v /home/alice/apple:/b a sh`,
			"image = \"a\"\ncommand = [\"sh\"]\nproject_target = \"/app:ro\"\nvolumes = [\"/home/alice/apple:/b\"]", "the_image's_ENTRYPOINT the_image's_WORKDIR"},
		{"who", `docker run -u $(id -u):$(id -g) --group-add audio a sh`, "image = \"a\"\ncommand = [\"sh\"]\nauto_project_mount = false\nworkdir = \"/\"\ngroups = [\"audio\"]", "--user=${uid}:${gid} the_image's_ENTRYPOINT the_image's_WORKDIR"},
		{"variables", `docker run -e A=1 --env=B -eC="$X y" -e 'D=${no}' -e E=${F:-g} --env-file .env a sh -c 'echo "${HOME}"'`,
			"image = \"a\"\ncommand = [\"sh\", \"-c\", \"echo \\\"$${HOME}\\\"\"]\nauto_project_mount = false\nworkdir = \"/\"\nenv = [\"A=1\", \"B\", \"C=${env.X} y\", \"D=$${no}\", \"E=${env.F|default:g}\"]\nrun_args = [\"--env-file=.env\"]", "the_image's_ENTRYPOINT the_image's_WORKDIR"},
		{"letters together", `docker run -dp8080:80 --name web --hostname h --net=office --platform linux/arm64 --pull always nginx`,
			"image = \"nginx\"\nimage_entrypoint = true\nauto_project_mount = false\nworkdir = \"/\"\ndetach = true\nname = \"web\"\nhostname = \"h\"\nnetwork = \"office\"\nports = [\"8080:80\"]\nplatform = \"linux/arm64\"\npull = \"always\"", "--publish=8080:80_on_every_address_of_this_machine the_image's_WORKDIR"},
		{"ports", `docker run -p 127.0.0.1:8080:80/udp -p published=1,target=2 -p "$P:80" nginx`,
			"image = \"nginx\"\nimage_entrypoint = true\nauto_project_mount = false\nworkdir = \"/\"\nports = [\"127.0.0.1:8080:80/udp\"]\nrun_args = [\"--publish=published=1,target=2\", \"--publish=${env.P}:80\"]", "the_image's_WORKDIR"},
		{"tables", `docker run -l a.b=c --label d --ulimit nofile=1:2 --cap-add SYS_PTRACE --privileged -m 1g a sh`,
			"image = \"a\"\ncommand = [\"sh\"]\nauto_project_mount = false\nworkdir = \"/\"\nulimits = { \"nofile\" = \"1:2\" }\nlabels = { \"a.b\" = \"c\", \"d\" = \"\" }\nrun_args = [\"--cap-add=SYS_PTRACE\", \"--privileged\", \"--memory=1g\"]", "the_image's_ENTRYPOINT the_image's_WORKDIR"},
		{"entrypoint", `docker run --entrypoint /bin/sh -it a -c 'make'`, "image = \"a\"\ncommand = [\"/bin/sh\", \"-c\", \"make\"]\nauto_project_mount = false\nworkdir = \"/\"", "--interactive --tty the_image's_WORKDIR"},
		{"what is left out", `docker run --restart=always --cidfile x --memory=much --what=1 --rm=false --interactive=false --tty=false a sh`,
			"image = \"a\"\ncommand = [\"sh\"]\nauto_project_mount = false\nworkdir = \"/\"\ntty = false\nstdin = false", "--restart=always --cidfile=x --memory=much --rm=false --what=1 the_image's_ENTRYPOINT the_image's_WORKDIR"},
		{"a shell in it", `docker run -it ubuntu`, "image = \"ubuntu\"\nauto_project_mount = false\nworkdir = \"/\"", "--interactive --tty the_image's_command the_image's_WORKDIR"},
		{"no name", `docker run --=x a sh`, "image = \"a\"\ncommand = [\"sh\"]\nauto_project_mount = false\nworkdir = \"/\"", "--=x the_image's_ENTRYPOINT the_image's_WORKDIR"},
		{"after --", `docker run -- a x`, "image = \"a\"\ncommand = [\"x\"]\nauto_project_mount = false\nworkdir = \"/\"", "the_image's_ENTRYPOINT the_image's_WORKDIR"},
		{"options for the image's program", `docker run curlimages/curl -v http://x`,
			"image = \"curlimages/curl\"\ncommand = [\"-v\", \"http://x\"]\nimage_entrypoint = true\nauto_project_mount = false\nworkdir = \"/\"", "the_image's_WORKDIR"},
		{"a service with a terminal", `docker run -itd postgres`, "image = \"postgres\"\nimage_entrypoint = true\nauto_project_mount = false\nworkdir = \"/\"\ndetach = true", "--interactive --tty the_image's_WORKDIR"},
		{"letters turned off", `docker run -i=false -t=0 --rm=1 -d=false a sh`, "image = \"a\"\ncommand = [\"sh\"]\nauto_project_mount = false\nworkdir = \"/\"\ntty = false\nstdin = false", "--rm the_image's_ENTRYPOINT the_image's_WORKDIR"},
		{"no switch's value", `docker run --rm=no -i=x a sh`, "image = \"a\"\ncommand = [\"sh\"]\nauto_project_mount = false\nworkdir = \"/\"", "--rm=no --interactive=x the_image's_ENTRYPOINT the_image's_WORKDIR"},
		{"the last one counts", `docker run -l a=1 -l a=2 --ulimit nofile=1 --ulimit nofile=2 a sh`,
			"image = \"a\"\ncommand = [\"sh\"]\nauto_project_mount = false\nworkdir = \"/\"\nulimits = { \"nofile\" = \"2\" }\nlabels = { \"a\" = \"2\" }", "the_image's_ENTRYPOINT the_image's_WORKDIR"},
		{"the directory by --mount", `docker run --mount type=bind,source="$(pwd)",target=/app,readonly -w /app --mount src=.,dst=/b,type=bind a sh`,
			"image = \"a\"\ncommand = [\"sh\"]\nproject_target = \"/app:ro\"\nvolumes = [\"./:/b\"]", "the_image's_ENTRYPOINT"},
		{"another's by --mount", `docker run --mount type=bind,source=$PWD,target=/app,bind-propagation=rslave a sh`,
			"image = \"a\"\ncommand = [\"sh\"]\nauto_project_mount = false\nworkdir = \"/\"\nrun_args = [\"--mount=type=bind,source=${project_dir},target=/app,bind-propagation=rslave\"]", "the_image's_ENTRYPOINT the_image's_WORKDIR"},
		{"podman's user", `podman run --userns=keep-id a sh`, "image = \"a\"\ncommand = [\"sh\"]\nauto_project_mount = false\nworkdir = \"/\"", "--userns=keep-id the_image's_ENTRYPOINT the_image's_WORKDIR"},
		{"variables before it", `A=1 docker run -e A a sh`, "image = \"a\"\ncommand = [\"sh\"]\nauto_project_mount = false\nworkdir = \"/\"\nenv = [\"A\"]", "A=_before_the_line the_image's_ENTRYPOINT the_image's_WORKDIR"},
		{"names of files", `docker run a ls *.c '*.h' x{a,b}`, "image = \"a\"\ncommand = [\"ls\", \"*.c\", \"*.h\", \"x{a,b}\"]\nauto_project_mount = false\nworkdir = \"/\"", "*.c x{a,b} the_image's_ENTRYPOINT the_image's_WORKDIR"},
		{"what docker alone knows", `docker run --isolation process --disable-content-trust --use-api-socket --kernel-memory 1g a sh`,
			"image = \"a\"\ncommand = [\"sh\"]\nauto_project_mount = false\nworkdir = \"/\"", "--isolation=process --disable-content-trust --use-api-socket --kernel-memory=1g the_image's_ENTRYPOINT the_image's_WORKDIR"},
		{"no image", `docker run -it`, "", "error"},
		{"no run", `docker build .`, "", "error"},
		{"an unknown option", `docker run --what a`, "", "error"},
		{"a value that is not there", `docker run --name`, "", "error"},
		{"two commands", `docker run a; docker run b`, "", "error"},
		{"a pipe", `docker run a | cat`, "", "error"},
		{"in the background", `docker run a &`, "", "error"},
		{"a redirection", `docker run a >x`, "", "error"},
		{"no shell text", `docker run 'a`, "", "error"},
		{"somebody's output", `docker run -e A=$(date) a`, "", "error"},
		{"what only a shell knows", `docker run -e A=${B%x} a`, "", "error"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := From([]string{tt.line}, "/home/alice/app")
			if tt.left == "error" {
				way, code := hint.Of(err)
				if err == nil || way == "" || code != hint.Usage || strings.Contains(err.Error(), "\n") {
					t.Errorf("got %v, %q, %d, want a mistake with a hint", err, way, code)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var keys, left []string
			for _, s := range c.keys {
				keys = append(keys, s.Key+" = "+s.Value)
			}
			for _, l := range c.Left {
				what, why, _ := strings.Cut(l, ": ")
				if why == "" || strings.HasPrefix(why, what) {
					t.Errorf("%q has no reason of its own", l)
				}
				left = append(left, strings.ReplaceAll(what, " ", "_"))
			}
			if got := strings.Join(keys, "\n"); got != tt.want {
				t.Errorf("\ngot  %s\nwant %s", got, tt.want)
			}
			if got := strings.Join(left, " "); got != tt.left {
				t.Errorf("left out %s\nwant     %s", got, tt.left)
			}
			loads(t, c)
		})
	}
}

// loads has the file read as ctenv reads it.
func loads(t *testing.T, c Container) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, ".ctenv.toml"), []byte(c.File()), 0o644); err != nil {
		t.Fatal(err)
	}
	cfg, err := configfile.Load(configfile.Options{Cwd: dir})
	if err == nil {
		_, err = cfg.Resolve(c.Name, config.Container{})
	}
	if err != nil {
		t.Errorf("%v\n%s", err, c.File())
	}
}

// Words that a shell has taken apart already are no shell's any more.
func TestFromWords(t *testing.T) {
	c, err := From([]string{"docker", "run", "-e", "A=$B ${c}", "-v", "/home/alice/app:/app", "my/image:1", "echo", "$x"}, "/home/alice/app")
	if err != nil {
		t.Fatal(err)
	}
	want := `[containers.image]
image = "my/image:1"
command = ["echo", "$x"]
project_target = "/app"
env = ["A=$B $${c}"]

# Not taken over:
#   the image's ENTRYPOINT: not run; image_entrypoint = true runs it
#   the image's WORKDIR: workdir says where the command starts
`
	if c.File() != want {
		t.Errorf("got\n%s", c.File())
	}
}

func TestContainerName(t *testing.T) {
	for line, want := range map[string]string{
		"docker run a/b:1":                "b",
		"docker run a@sha256:12":          "a",
		"docker run --name my.app_1 a":    "myapp_1",
		`docker run --name "$USER-dev" a`: "dev",
		`docker run "$IMAGE"`:             "dev",
		`docker run "a/b:$TAG"`:           "b",
		`docker run "${REGISTRY:-r}/b"`:   "b",
	} {
		if c, err := From([]string{line}, "/here"); err != nil || c.Name != want {
			t.Errorf("%s: %q, %v, want %q", line, c.Name, err, want)
		}
	}
}

func FuzzFrom(f *testing.F) {
	f.Add("docker run -it --rm -v $PWD:/x:ro -e A=\"$B\" a sh -c 'x'")
	f.Fuzz(func(t *testing.T, line string) {
		c, err := From([]string{line}, "/here")
		var mistake *hint.Error
		if err != nil && !errors.As(err, &mistake) {
			t.Errorf("%q: %v", line, err)
		}
		if err == nil && strings.Contains(c.File(), "\x1b") {
			t.Errorf("%q: a control character", line)
		}
	})
}
