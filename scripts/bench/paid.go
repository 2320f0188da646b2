package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
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

// measurePaid compares first runs of images that are derived with what each run would
// cost without, and later ones with runs of the plain image.
func measurePaid(o options) (results []result, err error) {
	p, err := newPodman(o)
	if err != nil {
		return nil, fmt.Errorf("%w; run scripts/bench.sh, which sets the engines up", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(p.dir)) }()
	rootless := p.place()
	rootless.name = "podman"
	for _, e := range []place{o.docker(), p.dockers(), rootless} {
		rows, err := o.paidOn(e)
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

func (o options) paidOn(e place) (results []result, err error) {
	remove, err := e.write(fmt.Sprintf(paidFile, o.image))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	run := func(args ...string) sample {
		return e.ctenv(slices.Concat([]string{"run"}, args, []string{"--", "true"})...)
	}
	// The engine alone knows the names of what is derived.
	names := map[string]string{}
	for _, container := range []string{"sudo", "packages"} {
		build := e.ours("build", container)
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
func (e place) forget(name string) error {
	if e.theirs("image", "inspect", name).Run() != nil {
		return nil
	}
	remove := e.theirs("image", "rm", name)
	if out, err := remove.CombinedOutput(); err != nil {
		return fmt.Errorf("%q: %w\n%s", remove.Args, err, out)
	}
	return nil
}
