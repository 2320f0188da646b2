package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// series is how a cost grows with a count.
type series struct {
	title string
	unit  string // of the counts
	names [2]string
	at    []point
}

// point is the cost of both at a count.
type point struct {
	count         int
	ours, against spread
}

// measureGrowth gives the series, those of SPEC's questions: how much more of it costs.
func measureGrowth(o options) ([]series, error) {
	all, err := o.growFiles()
	if err != nil {
		return nil, err
	}
	more, err := o.growOn(o.docker())
	if err != nil {
		return nil, err
	}
	all = append(all, more...)
	err = withPodman(o, func(p podman, service string) error {
		more, err := o.growOn(p.place(service))
		all = append(all, more...)
		return err
	})
	return all, err
}

// growOn is what an engine has a part in.
func (o options) growOn(p place) ([]series, error) {
	commands, err := o.growCommands(p)
	if err != nil {
		return nil, err
	}
	runs, err := o.growRun(p)
	return append(commands, runs...), err
}

// growFiles is about a flagged volume with many files. No engine has a part in it, so one
// container of one engine says it.
func (o options) growFiles() ([]series, error) {
	first := series{title: "chown of a volume, first", unit: "files", names: [2]string{"ctenv-init", "chown -R"}}
	again := series{title: "chown of a volume, unchanged", unit: "files", names: first.names}
	for _, count := range o.counts(1_000, 10_000, 100_000, 1_000_000) {
		fmt.Fprintf(o.progress, "    %d files\n", count)
		var m chownTimes
		if err := o.runInside(&m, "chown", "1", strconv.Itoa(count)); err != nil {
			return nil, err
		}
		first.at = append(first.at, point{count, m.First.Wall, m.GNUFirst.Wall})
		again.at = append(again.at, point{count, m.Again.Wall, m.GNUAgain.Wall})
	}
	return []series{first, again}, nil
}

// counts are those that are measured: all, or the least of them for a quick look.
func (o options) counts(all ...int) []int {
	if o.quick {
		return all[:2]
	}
	return all
}

// growCommands is about commands at once in one container that stays.
func (o options) growCommands(p place) (all []series, err error) {
	end, err := o.stays(p)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, end()) }()
	s := series{title: p.name + ": commands at once in one container", unit: "commands", names: [2]string{"ctenv exec", p.program + " exec"}}
	for _, count := range o.counts(1, 10, 30, 100) {
		m, err := spreads(o.heavy, atOnce(count, p.ctenv("exec", "--", "true")), atOnce(count, p.engine("exec", execName, "true")))
		if err != nil {
			return nil, err
		}
		s.at = append(s.at, point{count, m[0], m[1]})
	}
	return []series{s}, nil
}

// atOnce is count of a sample at the same time, until the last has ended.
func atOnce(count int, one sample) sample {
	return func() (time.Duration, error) {
		errs := make([]error, count)
		var wait sync.WaitGroup
		start := time.Now()
		for i := range count {
			wait.Go(func() { _, errs[i] = one() })
		}
		wait.Wait()
		return time.Since(start), errors.Join(errs...)
	}
}

// growRun is about runs with many variables, and with many mounts.
func (o options) growRun(p place) ([]series, error) {
	run := slices.Concat([]string{"run", "--rm", "--init", "-v", p.dir + ":/repo", "-w", "/repo"}, p.keepID)
	variables := func(i int) []string { return []string{"--env", fmt.Sprintf("BENCH_%d=%s", i, strings.Repeat("x", 90))} }
	mounts := func(i int) []string { return []string{"-v", fmt.Sprintf("%s:/mnt/%d:ro", p.dir, i)} }
	var all []series
	for _, kind := range []struct {
		title, unit string
		counts      []int
		words       func(i int) []string
	}{
		{"a run with variables of 100 bytes", "variables", []int{1, 10, 100, 1000}, variables},
		{"a run with mounts", "mounts", []int{1, 10, 30, 100}, mounts},
	} {
		s := series{title: p.name + ": " + kind.title, unit: kind.unit, names: [2]string{"ctenv run", p.program + " run"}}
		for _, count := range o.counts(kind.counts...) {
			var words []string
			for i := range count {
				words = append(words, kind.words(i)...)
			}
			ours := slices.Concat([]string{"run", "--image", o.image}, words, []string{"--", "true"})
			theirs := slices.Concat(run, words, []string{o.image, "true"})
			m, err := spreads(o.heavy, p.ctenv(ours...), p.engine(theirs...))
			if err != nil {
				return nil, err
			}
			s.at = append(s.at, point{count, m[0], m[1]})
		}
		all = append(all, s)
	}
	return all, nil
}
