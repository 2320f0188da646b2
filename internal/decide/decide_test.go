package decide_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"ctenv/internal/config"
	"ctenv/internal/configfile"
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

var update = flag.Bool("update", false, "write the goldens in testdata instead of comparing with them")

// alice is an ordinary caller: uid and gid differ, neither is 1000.
func alice(dir string) look.Host {
	return look.Host{
		User:   wire.User{Name: "alice", UID: 1234, GID: 2345, Group: "staff", Home: "/home/alice"},
		Groups: []wire.Group{{Name: "docker", GID: 999}, {Name: "video", GID: 44}},
		Cwd:    dir, ProjectDir: dir, RealProjectDir: dir,
		PID:        4711,
		Umask:      0o022,
		Env:        map[string]string{"HOME": "/home/alice", "BUILD_NUMBER_THREADS": "8", "APP_A": "1", "APP_B": "two words", "TOKEN": "s3cret", "LATIN1": "caf\xe9"},
		StdinTTY:   true,
		StdoutTTY:  true,
		StderrTTY:  true,
		InitPlaces: []look.InitPlace{{Path: "/home/alice/.cache/ctenv/ctenv-init-0123", Real: "/home/alice/.cache/ctenv/ctenv-init-0123"}},
		Version:    "v1",
		HideEnv:    true,
	}
}

// TestGoldens makes the plan of every testdata/*.txtar. An archive holds the
// project's files ("ctenv.toml" first of all; "system.toml" is the system's), "args" (the command, a line an
// argument), "host" (lines that change the host: "cwd sub", "umask 077", "selinux", "notty",
// "noproject", "link NAME TARGET", "env NAME=VALUE", "agent" for an ssh agent), "engine" ("docker" or "podman", and "rootless";
// without it docker's, rootful), and the golden: "want", or "error".
func TestGoldens(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no goldens: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { golden(t, file) })
	}
}

func golden(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	tmp := dir
	dir = filepath.Join(tmp, "project")
	caller := alice(dir)
	var args []string
	container := ""
	facts := look.Facts{ImageEntrypoint: []string{"/entry"}, ImageCmd: []string{"serve"}}
	want := map[string][]byte{}
	var input []txtar.File
	for _, f := range archive.Files {
		switch f.Name {
		case "want", "error":
			want[f.Name] = f.Data
			continue
		case "args":
			args = strings.Split(strings.TrimSpace(string(f.Data)), "\n")
		case "container":
			container = strings.TrimSpace(string(f.Data))
		case "engine":
			facts.Podman = strings.Contains(string(f.Data), "podman")
			facts.Rootless = strings.Contains(string(f.Data), "rootless")
		case "host":
			for _, line := range strings.Split(strings.TrimSpace(string(f.Data)), "\n") {
				change(t, &caller, dir, line)
			}
		default:
			testfiles.Put(t, dir, map[string]string{f.Name: string(f.Data)})
		}
		input = append(input, f)
	}

	got := txtar.File{Name: "want"}
	text, err := describe(container, caller, args, dir, facts)
	if err != nil {
		got.Name, text = "error", err.Error()+"\n"
		if e, ok := err.(*config.Error); ok && e.Hint != "" {
			text += "hint: " + e.Hint + "\n"
		}
	}
	got.Data = []byte(strings.ReplaceAll(strings.ReplaceAll(text, dir, "$DIR"), tmp, "$TMP"))
	got.Data = bytes.ReplaceAll(got.Data, []byte(slug.Of(dir)), []byte("$SLUG"))

	if *update {
		archive.Files = append(input, got)
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(want[got.Name]) != string(got.Data) {
		t.Errorf("got %s:\n%s\nwant:\n%s%s", got.Name, got.Data, want["want"], want["error"])
	}
}

func change(t *testing.T, h *look.Host, dir, line string) {
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "cwd":
		h.Cwd = filepath.Join(dir, rest)
	case "umask":
		mask, err := wire.ParseUmask("0" + rest)
		if err != nil {
			t.Fatal(err)
		}
		h.Umask = mask
	case "selinux":
		h.SELinux = true
	case "notty":
		h.StdinTTY = false
	case "background":
		h.Background = true
	case "noproject":
		h.ProjectDir, h.RealProjectDir = "", ""
	case "user":
		h.User.Name = wire.Text(rest)
	case "home":
		h.User.Home = wire.Text(filepath.Join(dir, rest))
	case "root":
		h.User = wire.User{Name: "root", Group: "root", Home: "/root"}
	case "worktree":
		h.Repository = &look.Repository{Dir: filepath.Join(dir, "../main"), Names: []look.GitName{{Dir: ".", Path: rest}}}
		if err := os.Mkdir(filepath.Join(dir, "../main"), 0o755); err != nil {
			t.Fatal(err)
		}
	case "link":
		name, target, _ := strings.Cut(rest, " ")
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	case "env":
		name, value, _ := strings.Cut(rest, "=")
		h.Env[name] = strings.ReplaceAll(value, "$DIR", dir)
		t.Setenv(name, h.Env[name])
	case "agent":
		// A unix socket's path is short.
		socket := filepath.Join(dir, "agent")
		l, err := net.Listen("unix", socket)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		h.Env["SSH_AUTH_SOCK"] = socket
	case "showenv":
		h.HideEnv = false
	default:
		t.Fatalf("unknown change of the host %q", line)
	}
}

// resolved writes toml as the file of the project in dir, and returns a container of it.
func resolved(t *testing.T, dir, toml, container string) config.Container {
	t.Helper()
	testfiles.Put(t, dir, map[string]string{".ctenv.toml": toml})
	cfg, err := configfile.Load(configfile.Options{Cwd: dir, Home: "/home/alice", ProjectDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	c, err := cfg.Resolve(container, config.Container{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// planned is the plan of a run of c by alice in dir, on this host but for what change says.
func planned(t *testing.T, c config.Container, dir string, args []string, change func(*look.Seen)) plan.Plan {
	t.Helper()
	draft, err := expand.Run(c, alice(dir), args)
	if err != nil {
		t.Fatal(err)
	}
	seen := lookAndRead(draft.Wants())
	if change != nil {
		change(&seen)
	}
	p, err := decide.Plan(draft, seen, look.Facts{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// describe makes the plan and prints it: the docker line, a word a line, the
// request, how the image is built, what is made on the host, and the notes.
func describe(container string, caller look.Host, args []string, dir string, facts look.Facts) (string, error) {
	cfg, err := configfile.Load(configfile.Options{Cwd: dir, Home: "/home/alice", ProjectDir: dir, System: filepath.Join(dir, "system.toml")})
	if err != nil {
		return "", err
	}
	c, err := cfg.Resolve(container, config.Container{})
	if err != nil {
		return "", err
	}
	draft, err := expand.Run(c, caller, args)
	if err != nil {
		return "", err
	}
	seen := lookAndRead(draft.Wants())
	image, err := decide.ImageBuild(draft, seen)
	if err != nil {
		return "", err
	}
	p, err := decide.Plan(draft, seen, facts)
	if err != nil {
		return "", err
	}
	request := p.Request
	p.Request = wire.Request{User: request.User, Workdir: "/", Health: request.Health, Command: wire.Command{Kind: wire.CommandShell}}
	program := "docker"
	if facts.Podman {
		program = "podman"
	}
	line, err := dockerline.Of(p, program)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	line = strings.NewReplacer(" --", "\n  --", " '--", "\n  '--").Replace(line)
	for _, word := range strings.Split(line, "\n  ") {
		if !strings.Contains(word, "CTENV_REQUEST") && !strings.HasPrefix(word, "--label=se.osd") {
			b.WriteString(word + "\n")
		}
	}
	doc, err := json.MarshalIndent(request, "", "  ")
	if err != nil {
		return "", err
	}
	b.WriteString("request: " + string(doc) + "\n")
	if image != nil {
		doc, err := json.MarshalIndent(image, "", "  ")
		if err != nil {
			return "", err
		}
		// What stands for a value of the host's.
		b.WriteString("image: " + strings.NewReplacer("\uFDD0", "<host's ", "\uFDD1", ">").Replace(string(doc)) + "\n")
	}
	for _, h := range p.HostPaths {
		kind := "directory"
		if h.File {
			kind = "file"
		}
		b.WriteString("make " + kind + " " + h.Rel + " in " + h.Root + "\n")
	}
	for _, n := range p.Notes {
		b.WriteString("note: " + n + "\n")
	}
	for _, w := range p.Warnings {
		b.WriteString("warning: " + w + "\n")
	}
	return b.String(), nil
}

// lookAndRead answers what a plan wants to know of the file system.
func lookAndRead(w look.Wants) look.Seen {
	seen := host.LookAtPaths(w)
	host.Read(w, &seen)
	return seen
}
