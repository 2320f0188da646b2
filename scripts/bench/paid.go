package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Commands of their own give images of their own, so that nobody else's are removed.
const paidFile = `
[defaults]
image = %q
[containers.plain]
[containers.sudo]
sudo = true
image_commands = [": bench"]
[containers.packages]
packages = ["bc", "ed", "file"]
image_commands = [": bench"]
`

// paidEngine is one that images are derived on.
type paidEngine struct {
	name    string
	project string
	ctenv   []string
	engine  []string // its own command
	command func(args ...string) *exec.Cmd
}

// measurePaid compares first runs of images that are derived with what each run would
// cost without, and later ones with runs of the plain image.
func measurePaid(o options) (results []result, err error) {
	p, err := newPodman(o)
	if err != nil {
		return nil, fmt.Errorf("%w; run scripts/bench.sh, which sets the engines up", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(p.dir)) }()
	project, program := filepath.Join(p.dir, "project"), filepath.Join(p.dir, "ctenv")
	if err := os.WriteFile(filepath.Join(project, ".ctenv.toml"), fmt.Appendf(nil, paidFile, o.image), 0o644); err != nil {
		return nil, err
	}
	// A file of another user's would not be believed.
	own := filepath.Join(o.scratch, "paid")
	if err := errors.Join(os.Mkdir(own, 0o755), os.WriteFile(filepath.Join(own, ".ctenv.toml"), fmt.Appendf(nil, paidFile, o.image), 0o644),
		os.Chown(filepath.Join(project, ".ctenv.toml"), int(p.uid), int(p.gid))); err != nil {
		return nil, err
	}
	rootless := "unix://" + rootlessRun + "/docker.sock"
	as := func(env ...string) func(args ...string) *exec.Cmd {
		return func(args ...string) *exec.Cmd { return p.command(env, args...) }
	}
	for _, e := range []paidEngine{
		{"docker", own, []string{o.ctenv, "--runtime", "docker"}, []string{"docker"}, func(args ...string) *exec.Cmd { return exec.Command(args[0], args[1:]...) }},
		{"rootless docker", project, []string{program, "--runtime", "docker"}, []string{"docker"}, as("DOCKER_HOST="+rootless, "XDG_RUNTIME_DIR="+rootlessRun)},
		{"podman", project, []string{program, "--runtime", "podman"}, []string{"podman"}, as()},
	} {
		rows, err := e.measure(o)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.name, err)
		}
		fmt.Fprintf(o.progress, "    %s: %v\n", e.name, rows)
		results = append(results, rows...)
	}
	return results, nil
}

// rootlessRun is the $XDG_RUNTIME_DIR of the test user's docker (scripts/rootless.sh).
const rootlessRun = "/run/ctenv-test/docker"

func (e paidEngine) measure(o options) (results []result, err error) {
	run := func(args ...string) sample {
		return timed(func() *exec.Cmd {
			return e.command(append(append(e.ctenv, "-q", "-p", e.project, "run"), append(args, "--", "true")...)...)
		})
	}
	// The engine alone knows the names of what is derived.
	names := map[string]string{}
	for _, container := range []string{"sudo", "packages"} {
		build := e.command(append(e.ctenv, "-q", "-p", e.project, "build", container)...)
		name, err := build.Output()
		if err != nil {
			return nil, fmt.Errorf("%q: %w", build.Args, err)
		}
		names[container] = strings.TrimSpace(string(name))
		defer func() { err = errors.Join(err, e.forget(names[container])) }()
	}
	fresh := func() (time.Duration, error) {
		if err := e.forget(names["sudo"]); err != nil {
			return 0, err
		}
		return run("sudo")()
	}
	first, err := spreads(o.heavy, fresh, run("--no-derive", "sudo"))
	if err != nil {
		return nil, err
	}
	later, err := spreads(o.pairs, run("sudo"), run("packages"), run("plain"))
	if err != nil {
		return nil, err
	}
	row := func(what string, ours, against spread, bar float64) result {
		ratio := ours.over(against)
		return result{what: e.name + ": " + what, ours: ours.ms(), against: against.ms(), ratio: times(ratio), bar: "≤ " + times(bar), met: ratio <= bar}
	}
	return []result{
		row("first run with sudo, with `--no-derive`", first[0], first[1], 1.3),
		row("second run with sudo, without", later[0], later[2], 1.1),
		row("second run with three packages, without", later[1], later[2], 1.1),
	}, nil
}

// forget removes a derived image, where it is there.
func (e paidEngine) forget(name string) error {
	if e.command(append(e.engine, "image", "inspect", name)...).Run() != nil {
		return nil
	}
	remove := e.command(append(e.engine, "image", "rm", name)...)
	if out, err := remove.CombinedOutput(); err != nil {
		return fmt.Errorf("%q: %w\n%s", remove.Args, err, out)
	}
	return nil
}
