package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// measureRun compares a whole run with what the engine's own command does for it.
func measureRun(o options) ([]result, error) {
	m, err := turns(o.pairs,
		o.timed(o.ctenv, "-p", o.scratch, "run", "--image", o.image, "--", "true"),
		o.timed("docker", "run", "--rm", "--init", "-v", o.scratch+":/repo", "-w", "/repo", o.image, "true"),
	)
	if err != nil {
		return nil, err
	}
	ratio := float64(m[0]) / float64(m[1])
	return []result{{
		what: "`ctenv run -- true`, `docker run --rm --init -v … -w … true`",
		ours: ms(m[0]), against: ms(m[1]), ratio: times(ratio), bar: "≤ 1.00×", met: ratio <= 1,
	}}, nil
}

// measureExec compares commands in one container that stays.
func measureExec(o options) (results []result, err error) {
	file := filepath.Join(o.scratch, ".ctenv.toml")
	if err := os.WriteFile(file, fmt.Appendf(nil, "[defaults]\nimage = %q\nname = %q\n", o.image, execName), 0o644); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.Remove(file)) }()
	ctenv := func(args ...string) []string { return append([]string{o.ctenv, "-q", "-p", o.scratch}, args...) }
	if _, err := o.timed(ctenv("start")...)(); err != nil {
		return nil, err
	}
	defer func() {
		_, stopErr := o.timed(ctenv("stop")...)()
		err = errors.Join(err, stopErr)
	}()
	m, err := turns(o.pairs,
		o.timed(ctenv("exec", "--", "true")...),
		o.timed("docker", "exec", execName, "true"),
	)
	if err != nil {
		return nil, err
	}
	ratio := float64(m[0]) / float64(m[1])
	return []result{{
		what: "`ctenv exec -- true`, `docker exec` in the same container",
		ours: ms(m[0]), against: ms(m[1]), ratio: times(ratio), bar: "≤ 1.15×", met: ratio <= 1.15,
	}}, nil
}

// execName is the container of measureExec.
const execName = "ctenv-bench-exec"

// measureBuild compares a run of an image that is built inline, and has been, with
// a run of the image.
func measureBuild(o options) (results []result, err error) {
	file := filepath.Join(o.scratch, ".ctenv.toml")
	const tag = "ctenv-bench-build"
	text := fmt.Sprintf("[containers.built.build]\ntag = %q\ndockerfile_content = \"FROM %s\"\n[containers.plain]\nimage = %q\n", tag, o.image, tag)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		return nil, err
	}
	defer func() {
		_, rmErr := o.timed("docker", "image", "rm", "--force", tag)()
		err = errors.Join(err, os.Remove(file), rmErr)
	}()
	run := func(name string) sample { return o.timed(o.ctenv, "-q", "-p", o.scratch, "run", name, "--", "true") }
	if _, err := run("built")(); err != nil {
		return nil, err
	}
	m, err := turns(o.pairs, run("built"), run("plain"))
	if err != nil {
		return nil, err
	}
	return []result{{
		what: "`ctenv run` of an unchanged inline build, of the same image",
		ours: ms(m[0]), against: ms(m[1]), ratio: times(float64(m[0]) / float64(m[1])),
	}}, nil
}

func measureDryRun(o options) ([]result, error) {
	m, err := turns(o.pairs, o.timed(o.ctenv, "-p", o.scratch, "run", "--image", o.image, "--dry-run", "--", "true"))
	if err != nil {
		return nil, err
	}
	return []result{{what: "`ctenv run --dry-run`", ours: ms(m[0]), bar: "≤ 15 ms", met: m[0] <= 15*time.Millisecond}}, nil
}

// measurePipe sends bytes through cat in a container and back.
func measurePipe(o options) ([]result, error) {
	docker := []string{"docker", "run", "--rm", "--init", "-i"}
	m, err := turns(o.heavy,
		o.piped(o.ctenv, "-p", o.scratch, "run", "--image", o.image, "--", "cat"),
		o.piped(append(docker, o.image, "cat")...),
		o.piped(append(docker, "--log-driver=none", o.image, "cat")...),
	)
	if err != nil {
		return nil, err
	}
	rate := func(d time.Duration) float64 { return float64(o.size) / 1e6 / d.Seconds() }
	mb := func(d time.Duration) string { return fmt.Sprintf("%.0f MB/s", rate(d)) }
	size := fmt.Sprintf("%.1f GiB through `ctenv run -- cat`", float64(o.size)/(1<<30))
	gain := rate(m[0]) / rate(m[1])
	return []result{
		{what: size + ", `docker run -i`", ours: mb(m[0]), against: mb(m[1]), ratio: times(gain), bar: "≥ 3×", met: gain >= 3},
		{what: size + ", `docker run -i --log-driver=none`", ours: mb(m[0]), against: mb(m[2]), ratio: times(rate(m[0]) / rate(m[2]))},
	}, nil
}

// timed is a sample of a command without input, in the scratch folder.
func (o options) timed(args ...string) sample {
	return timed(func() *exec.Cmd {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Dir = o.scratch
		return cmd
	})
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
func (o options) piped(args ...string) sample {
	return func() (time.Duration, error) {
		var back counter
		var stderr bytes.Buffer
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Dir = o.scratch
		cmd.Stdin = io.LimitReader(zeros{}, o.size)
		cmd.Stdout, cmd.Stderr = &back, &stderr
		start := time.Now()
		err := cmd.Run()
		took := time.Since(start)
		if err != nil {
			return 0, fmt.Errorf("%q: %w\n%s", args, err, stderr.Bytes())
		}
		if int64(back) != o.size {
			return 0, fmt.Errorf("%q: %d bytes came back of %d", args, back, o.size)
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
