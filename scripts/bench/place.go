package main

import (
	"os"
	"os/exec"
	"path/filepath"
)

// place is an engine, as whoever has it uses it.
type place struct {
	name    string // "docker" or "rootless podman"
	program string // the engine's own command
	dir     string // the project
	keepID  []string
	ctenv   func(args ...string) sample
	engine  func(args ...string) sample
	piped   func(o options, program string, args ...string) sample
	own     func(path string) error // gives a file to that user
}

// docker is the rootful one, as root.
func (o options) docker() place {
	ctenv := func(args ...string) []string {
		return append([]string{o.ctenv, "-q", "--runtime", "docker", "-p", o.scratch}, args...)
	}
	return place{
		name: "docker", program: "docker", dir: o.scratch,
		ctenv:  func(args ...string) sample { return o.timed(ctenv(args...)...) },
		engine: func(args ...string) sample { return o.timed(append([]string{"docker"}, args...)...) },
		piped: func(o options, program string, args ...string) sample {
			if program == "ctenv" {
				return o.piped(ctenv(args...)...)
			}
			return o.piped(append([]string{"docker"}, args...)...)
		},
		own: func(string) error { return nil },
	}
}

// place is rootless podman, as its user. env is ctenv's, to find a service; podman's own
// command finds its containers by the directory that the service has.
func (p podman) place(env ...string) place {
	dir, program := filepath.Join(p.dir, "project"), filepath.Join(p.dir, "ctenv")
	ctenv := func(args ...string) []string {
		return append([]string{program, "-q", "--runtime", "podman", "-p", dir}, args...)
	}
	return place{
		name: "rootless podman", program: "podman", dir: dir, keepID: []string{"--userns=keep-id"},
		ctenv:  func(args ...string) sample { return p.timed(env, ctenv(args...)...) },
		engine: func(args ...string) sample { return p.timed(nil, append([]string{"podman"}, args...)...) },
		piped: func(o options, what string, args ...string) sample {
			if what == "ctenv" {
				return o.pipedBy(func() *exec.Cmd { return p.command(env, ctenv(args...)...) })
			}
			return o.pipedBy(func() *exec.Cmd { return p.command(nil, append([]string{"podman"}, args...)...) })
		},
		own: func(path string) error { return os.Chown(path, int(p.uid), int(p.gid)) },
	}
}

// write makes the project's file.
func (p place) write(text string) (remove func() error, err error) {
	file := filepath.Join(p.dir, ".ctenv.toml")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		return nil, err
	}
	return func() error { return os.Remove(file) }, p.own(file)
}
