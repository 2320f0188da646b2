package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"

	"ctenv/internal/wire"
)

// measureInit compares ctenv-init, from its exec to its exec of the command, with
// other programs that do nothing but exec one.
func measureInit(o options) ([]result, error) {
	var m initTimes
	if err := o.runInside(&m, "init", "200"); err != nil {
		return nil, err
	}
	// What is left without the command itself.
	own, fresh, execOnly, shell := m.Init.less(m.True), m.Fresh.less(m.True), m.ExecOnly.less(m.True), m.Shell.less(m.True)
	return []result{
		{what: "ctenv-init, exec to exec; a Go program that only execs", ours: own.ms(), against: execOnly.ms(), ratio: times(own.over(execOnly)), bar: "≤ 1.8×", met: own.over(execOnly) <= 1.8},
		{what: "ctenv-init, exec to exec; `sh -c 'exec true'`", ours: own.ms(), against: shell.ms(), ratio: times(own.over(shell))},
		{what: "ctenv-init, exec to exec, with the account to make in the engine's file system; a Go program that only execs", ours: fresh.ms(), against: execOnly.ms(), ratio: times(fresh.over(execOnly))},
	}, nil
}

// measureChown compares a flagged volume with GNU chown -R.
func measureChown(o options) ([]result, error) {
	var m chownTimes
	if err := o.runInside(&m, "chown", strconv.Itoa(o.heavy), strconv.Itoa(o.files)); err != nil {
		return nil, err
	}
	what := fmt.Sprintf("chown of %d files", o.files)
	row := func(how string, ours, gnu spentSpread, bar float64) []result {
		wall := ours.Wall.over(gnu.Wall)
		return []result{
			{what: what + ", " + how + "; GNU `chown -R`", ours: ours.Wall.seconds(), against: gnu.Wall.seconds(), ratio: times(wall), bar: "≤ " + times(bar), met: wall <= bar},
			{what: what + ", " + how + ", time on all processors", ours: ours.CPU.seconds(), against: gnu.CPU.seconds(), ratio: times(ours.CPU.over(gnu.CPU))},
		}
	}
	unchanged := 0.25
	if runtime.NumCPU() < 4 {
		unchanged = 0.31
	}
	return append(row("first", m.First, m.GNUFirst, 0.7), row("unchanged", m.Again, m.GNUAgain, unchanged)...), nil
}

// The bench's own directory and the volume in the container.
const (
	benchDir = "/bench"
	dataDir  = "/data"
)

// runInside runs this program in a container, as root, with ctenv-init beside it,
// and decodes what it found.
func (o options) runInside(found any, args ...string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp(o.scratch, "inside-")
	if err != nil {
		return err
	}
	if out, err := exec.Command("go", "build", "-ldflags=-s -w", "-o", dir+"/execonly", "./scripts/bench/execonly").CombinedOutput(); err != nil {
		return fmt.Errorf("building execonly: %w\n%s", err, out)
	}
	docker := []string{
		"run", "--rm", "--init", "--user=0:0", "--log-driver=none", "--entrypoint=" + benchDir + "/bench",
		"-v", dir + "/execonly:" + benchDir + "/execonly:ro",
		"-v", self + ":" + benchDir + "/bench:ro",
		"-v", o.init + ":" + wire.InitPath + ":ro",
		"-v", dataDir,
		o.image, insideArg,
	}
	// The engine's command passes the signal on.
	cmd := exec.CommandContext(running, "docker", append(docker, args...)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(unix.SIGTERM) }
	out, err := cmd.Output()
	if err := context.Cause(running); err != nil {
		return err
	}
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return fmt.Errorf("%w\n%s", err, exit.Stderr)
		}
		return err
	}
	return json.Unmarshal(out, found)
}
