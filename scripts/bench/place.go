package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// place is an engine, as whoever has it uses it.
type place struct {
	name    string // "docker" or "rootless podman"
	program string // the engine's own command
	dir     string // the project
	keepID  []string
	call    []string                                     // ctenv's command line, up to its command
	env     []string                                     // ctenv's, to find a service
	command func(env []string, args ...string) *exec.Cmd // as that user
	own     func(path string) error                      // gives a file to that user
}

// docker is the rootful one, as root.
func (o options) docker() place {
	return place{
		name: "docker", program: "docker", dir: o.scratch, call: []string{o.ctenv, "-q", "--runtime", "docker", "-p", o.scratch},
		command: func(_ []string, args ...string) *exec.Cmd {
			cmd := exec.Command(args[0], args[1:]...)
			cmd.Dir = o.scratch
			return cmd
		},
		own: func(string) error { return nil },
	}
}

// place is an engine of the test user's, rootless podman's unless said otherwise. env is
// ctenv's; podman's own command finds its containers by the directory that the service has.
func (p podman) place(env ...string) place {
	dir := filepath.Join(p.dir, "project")
	return place{
		name: "rootless podman", program: "podman", dir: dir, keepID: []string{"--userns=keep-id"},
		call: []string{filepath.Join(p.dir, "ctenv"), "-q", "--runtime", "podman", "-p", dir}, env: env, command: p.command,
		own: func(path string) error { return os.Chown(path, int(p.uid), int(p.gid)) },
	}
}

// dockers is the rootless docker of that user.
func (p podman) dockers() place {
	env := []string{"DOCKER_HOST=unix://" + rootlessRun + "/docker.sock", "XDG_RUNTIME_DIR=" + rootlessRun}
	d := p.place()
	d.name, d.program, d.keepID = "rootless docker", "docker", nil
	d.call = slices.Replace(d.call, 3, 4, "docker")
	d.command = func(_ []string, args ...string) *exec.Cmd { return p.command(env, args...) }
	return d
}

// ours is ctenv's command line, and theirs the engine's own.
func (p place) ours(args ...string) *exec.Cmd {
	return p.command(p.env, slices.Concat(p.call, args)...)
}

func (p place) theirs(args ...string) *exec.Cmd {
	return p.command(nil, append([]string{p.program}, args...)...)
}

// ctenv and engine are samples of them.
func (p place) ctenv(args ...string) sample {
	return timed(func() *exec.Cmd { return p.ours(args...) })
}

func (p place) engine(args ...string) sample {
	return timed(func() *exec.Cmd { return p.theirs(args...) })
}

// write makes the project's file.
func (p place) write(text string) (remove func() error, err error) {
	file := filepath.Join(p.dir, ".ctenv.toml")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		return nil, err
	}
	return func() error { return os.Remove(file) }, p.own(file)
}
