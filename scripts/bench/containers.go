package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// measureRun compares a whole run with what the engine's own command does for it.
func measureRun(o options) ([]result, error) {
	p := o.docker()
	m, err := spreads(o.pairs,
		p.ctenv("run", "--image", o.image, "--", "true"),
		p.engine("run", "--rm", "--init", "-v", o.scratch+":/repo", "-w", "/repo", o.image, "true"),
	)
	if err != nil {
		return nil, err
	}
	version, err := p.theirs("version", "--format", "{{.Server.Version}}").Output()
	if err != nil {
		return nil, err
	}
	ratio, bar := m[0].over(m[1]), runBar(string(version))
	return []result{{
		what: "docker: `ctenv run -- true`, `docker run --rm --init -v … -w … true`",
		ours: m[0].ms(), against: m[1].ms(), ratio: times(ratio), bar: "≤ " + times(bar), met: ratio <= bar,
	}}, nil
}

// runBar is what a run may take of docker's own, by the engine's version: from 28 on it is less.
func runBar(version string) float64 {
	major, _, _ := strings.Cut(version, ".")
	if n, err := strconv.Atoi(major); err == nil && n >= 28 {
		return 0.95
	}
	return 1
}

func measureExec(o options) ([]result, error) { return o.execOn(o.docker()) }

// stays starts a container that stays; end stops it.
func (o options) stays(p place) (end func() error, err error) {
	remove, err := p.write(fmt.Sprintf("[defaults]\nimage = %q\nname = %q\n", o.image, execName))
	if err != nil {
		return nil, err
	}
	end = func() error {
		_, err := p.ctenv("stop")()
		return errors.Join(err, remove())
	}
	if _, err := p.ctenv("start")(); err != nil {
		return nil, errors.Join(err, end())
	}
	return end, nil
}

// execOn compares commands in one container that stays.
func (o options) execOn(p place) (results []result, err error) {
	end, err := o.stays(p)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, end()) }()
	m, err := spreads(o.pairs, p.ctenv("exec", "--", "true"), p.engine("exec", execName, "true"))
	if err != nil {
		return nil, err
	}
	ratio := m[0].over(m[1])
	results = append(results, result{
		what: p.name + ": `ctenv exec -- true`, the engine's own `exec` in the same container",
		ours: m[0].ms(), against: m[1].ms(), ratio: times(ratio), bar: "≤ 0.25×, ≤ 15 ms", met: ratio <= 0.25 && m[0].Median <= 15*time.Millisecond,
	})
	if m, err = spreads(o.heavy, o.piped(p.ours, "exec", "--", "cat"), o.piped(p.theirs, "exec", "-i", execName, "cat")); err != nil {
		return nil, err
	}
	return append(results, o.pipeRow(p.name+": %s through `ctenv exec -- cat`, the engine's `exec -i`", m[0], m[1], true)), nil
}

// pipeRow is a row about bytes a second; barred are those that SPEC promises.
func (o options) pipeRow(what string, ours, against spread, barred bool) result {
	gain := against.over(ours)
	r := result{what: fmt.Sprintf(what, fmt.Sprintf("%.1f GiB", float64(o.size)/(1<<30))), ours: ours.rate(o.size), against: against.rate(o.size), ratio: times(gain)}
	if barred {
		r.bar, r.met = "≥ 3×", gain >= 3
	}
	return r
}

// execName is the container of execOn.
const execName = "ctenv-bench-exec"

// measureBuild compares a run of an image that is built inline, and has been, with
// a run of the image.
func measureBuild(o options) (results []result, err error) {
	p := o.docker()
	const tag = "ctenv-bench-build"
	remove, err := p.write(fmt.Sprintf("[containers.built.build]\ntag = %q\ndockerfile_content = \"FROM %s\"\n[containers.plain]\nimage = %q\n", tag, o.image, tag))
	if err != nil {
		return nil, err
	}
	defer func() {
		_, rmErr := p.engine("image", "rm", "--force", tag)()
		err = errors.Join(err, remove(), rmErr)
	}()
	run := func(name string) sample { return p.ctenv("run", name, "--", "true") }
	if _, err := run("built")(); err != nil {
		return nil, err
	}
	m, err := spreads(o.pairs, run("built"), run("plain"))
	if err != nil {
		return nil, err
	}
	return []result{{
		what: "docker: `ctenv run` of an unchanged inline build, of the same image",
		ours: m[0].ms(), against: m[1].ms(), ratio: times(m[0].over(m[1])),
	}}, nil
}

// dryRunFile asks for something of each kind that consent is about.
const dryRunFile = `
[defaults]
image = %q
env = ["CI_*", "TOKEN"]
volumes = ["/etc/hosts:/hosts:ro", "cache:/cache"]
ports = ["8080"]
run_args = ["--cap-add=SYS_PTRACE"]
`

// measureDryRun plans a run by a project's file that asks for what has been allowed.
func measureDryRun(o options) (results []result, err error) {
	p := o.docker()
	remove, err := p.write(fmt.Sprintf(dryRunFile, o.image))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	if _, err := p.ctenv("trust")(); err != nil {
		return nil, err
	}
	defer func() {
		_, revokeErr := p.ctenv("trust", "--revoke")()
		err = errors.Join(err, revokeErr)
	}()
	m, err := spreads(o.pairs, p.ctenv("run", "--dry-run", "--", "true"))
	if err != nil {
		return nil, err
	}
	return []result{{what: "`ctenv run --dry-run` of a project's file, with what it asks for allowed before", ours: m[0].ms(), bar: "≤ 15 ms", met: m[0].Median <= 15*time.Millisecond}}, nil
}

func measurePipe(o options) ([]result, error) { return o.pipeOn(o.docker()) }

// pipeOn sends bytes through cat in a container and back.
func (o options) pipeOn(p place) ([]result, error) {
	run := func(words ...string) []string {
		return slices.Concat([]string{"run", "--rm", "--init", "-i"}, p.keepID, words)
	}
	m, err := spreads(o.heavy,
		o.piped(p.ours, "run", "--image", o.image, "--", "cat"),
		o.piped(p.theirs, run(o.image, "cat")...),
		o.piped(p.theirs, run("--log-driver=none", o.image, "cat")...),
	)
	if err != nil {
		return nil, err
	}
	return []result{
		o.pipeRow(p.name+": %s through `ctenv run -- cat`, the engine's `run -i`", m[0], m[1], true),
		o.pipeRow(p.name+": %s through `ctenv run -- cat`, the engine's `run -i --log-driver=none`", m[0], m[2], false),
	}, nil
}

// timed is a sample of a command, made anew for each.
func timed(command func() *exec.Cmd) sample {
	return func() (time.Duration, error) {
		cmd := command()
		start := time.Now()
		out, err := cmd.CombinedOutput()
		took := time.Since(start)
		if err != nil {
			return 0, fmt.Errorf("%q: %w\n%s", cmd.Args, err, out)
		}
		return took, nil
	}
}

// piped is a sample of a command that gives back what it gets.
func (o options) piped(command func(args ...string) *exec.Cmd, words ...string) sample {
	return func() (time.Duration, error) {
		var back counter
		var stderr bytes.Buffer
		cmd := command(words...)
		cmd.Stdin = io.LimitReader(zeros{}, o.size)
		cmd.Stdout, cmd.Stderr = &back, &stderr
		start := time.Now()
		err := cmd.Run()
		took := time.Since(start)
		if err != nil {
			return 0, fmt.Errorf("%q: %w\n%s", cmd.Args, err, stderr.Bytes())
		}
		if int64(back) != o.size {
			return 0, fmt.Errorf("%q: %d bytes came back of %d", cmd.Args, back, o.size)
		}
		return took, nil
	}
}

// zeros reads as NUL bytes without end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// counter counts what is written to it.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
