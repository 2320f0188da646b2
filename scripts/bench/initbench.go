package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"time"

	"ctenv/internal/wire"
)

// maxInitSize is the bar for ctenv-init's file, in bytes.
const maxInitSize = 6_000_000

// measureInit compares ctenv-init, from its exec to its exec of the command, with
// other programs that do nothing but exec one.
func measureInit(o options) ([]result, error) {
	var m struct{ True, Init, ExecOnly, Shell time.Duration }
	if err := o.runInside(&m, "init", "200"); err != nil {
		return nil, err
	}
	info, err := os.Stat(o.init)
	if err != nil {
		return nil, err
	}
	// What is left without the command itself.
	own, execOnly, shell := m.Init-m.True, m.ExecOnly-m.True, m.Shell-m.True
	return []result{
		{what: "ctenv-init, exec to exec; a Go program that only execs", ours: ms(own), against: ms(execOnly), ratio: times(float64(own) / float64(execOnly)), bar: "≤ 4 ms", met: own <= 4*time.Millisecond},
		{what: "ctenv-init, exec to exec; `sh -c 'exec true'`", ours: ms(own), against: ms(shell), ratio: times(float64(own) / float64(shell))},
		{what: "size of ctenv-init", ours: fmt.Sprintf("%.1f MB", float64(info.Size())/1e6), bar: "≤ 6 MB", met: info.Size() <= maxInitSize},
	}, nil
}

// measureChown compares a flagged volume with GNU chown -R.
func measureChown(o options) ([]result, error) {
	var m struct{ First, Again, GNUFirst, GNUAgain time.Duration }
	if err := o.runInside(&m, "chown", strconv.Itoa(o.heavy), strconv.Itoa(o.files)); err != nil {
		return nil, err
	}
	first, again := float64(m.First)/float64(m.GNUFirst), float64(m.Again)/float64(m.GNUAgain)
	what := fmt.Sprintf("chown of %d files", o.files)
	return []result{
		{what: what + ", first; GNU `chown -R`", ours: seconds(m.First), against: seconds(m.GNUFirst), ratio: times(first), bar: "≤ 0.7×", met: first <= 0.7},
		{what: what + ", unchanged; GNU `chown -R`", ours: seconds(m.Again), against: seconds(m.GNUAgain), ratio: times(again), bar: "≤ 0.3×", met: again <= 0.3},
	}, nil
}

// The bench's own folder and the volume in the container.
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
	out, err := exec.Command("docker", append(docker, args...)...).Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return fmt.Errorf("%w\n%s", err, exit.Stderr)
		}
		return err
	}
	return json.Unmarshal(out, found)
}
