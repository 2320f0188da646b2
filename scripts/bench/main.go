// Command bench measures what SPEC promises about speed and writes it as a table
// in Markdown. Commands that are compared take turns, so that a noisy machine is
// noisy to both, and medians are given.
//
// It runs in the repository's root, after `make build`, as `make bench` does.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// options of the program.
type options struct {
	image string // has cat, sh, true and GNU chown
	pairs int    // rounds of a comparison of containers
	heavy int    // rounds of one that takes seconds
	size  int64  // bytes through a pipe
	files int    // files to chown
	only  *regexp.Regexp
	quick bool   // of what grows, the two least counts
	page  string // file to write, with its chart beside it; "" for stdout

	ctenv    string // path of bin/ctenv
	init     string // path of ctenv-init for this machine
	scratch  string // directory for what is measured; removed afterwards
	progress io.Writer
}

// result is one row of the table.
type result struct {
	what, ours, against, ratio, bar string
	met                             bool
}

// measurements are all that there are. Each gives one row or several.
var measurements = []struct {
	name    string
	measure func(options) ([]result, error)
}{
	{"run", measureRun},
	{"exec", measureExec},
	{"build", measureBuild},
	{"podman", measurePodman},
	{"paid", measurePaid},
	{"dry-run", measureDryRun},
	{"pipe", measurePipe},
	{"init", measureInit},
	{"chown", measureChown},
	{"size", measureSize},
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == insideArg {
		exit(inside(os.Args[2:], os.Stdout))
	}
	image := os.Getenv("CTENV_BENCH_IMAGE")
	if image == "" {
		image = "ctenv-test/debian"
	}
	var o options
	var only string
	flag.StringVar(&o.image, "image", image, "image to run, with cat, sh, true and GNU chown")
	flag.IntVar(&o.pairs, "pairs", 15, "rounds of a comparison")
	flag.IntVar(&o.heavy, "heavy", 3, "rounds of one that takes seconds")
	flag.Int64Var(&o.size, "size", 1<<30, "bytes through a pipe")
	flag.IntVar(&o.files, "files", 200_000, "files to chown, 100 in a directory")
	flag.StringVar(&only, "only", "", "regular expression for what is measured: run, build, podman, paid, exec, dry-run, pipe, init, chown, size, growth")
	flag.StringVar(&o.page, "page", "", "write this `FILE`.md with a chart, FILE.svg, instead of printing")
	flag.BoolVar(&o.quick, "quick", false, "few counts of what grows")
	flag.Parse()
	o.progress = os.Stderr
	// The second one ends this at once.
	ctx, stop := signal.NotifyContext(running, os.Interrupt, unix.SIGTERM)
	context.AfterFunc(ctx, stop)
	running = ctx
	exit(run(o, only, os.Stdout))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func run(o options, only string, w io.Writer) (err error) {
	if o.pairs < 1 || o.heavy < 1 || o.size < 1 || o.files < 1 {
		return errors.New("-pairs, -heavy, -size and -files have to be at least 1")
	}
	if o.only, err = regexp.Compile(only); err != nil {
		return fmt.Errorf("-only: %w", err)
	}
	if o.ctenv, err = built("bin/ctenv"); err != nil {
		return err
	}
	if o.init, err = built("internal/initbin/bin/ctenv-init-linux-" + runtime.GOARCH); err != nil {
		return err
	}
	if o.scratch, err = os.MkdirTemp("", "ctenv-bench-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(o.scratch)) }()

	var page bytes.Buffer
	if o.page != "" {
		page.WriteString(pageHead)
		w = &page
	}
	if err := report(o, w); err != nil || o.page == "" {
		return err
	}
	return os.WriteFile(o.page+".md", page.Bytes(), 0o644)
}

// report measures and writes the tables, and the chart where there is a page.
func report(o options, w io.Writer) error {
	writeHead(w, o)
	fmt.Fprintln(w, "| what | ctenv | against | ratio | bar | met |\n|---|---|---|---|---|---|")
	for _, m := range measurements {
		if !o.only.MatchString(m.name) {
			continue
		}
		fmt.Fprintf(o.progress, "==> measuring %s\n", m.name)
		results, err := m.measure(o)
		if err != nil {
			return fmt.Errorf("measuring %s: %w", m.name, err)
		}
		for _, r := range results {
			fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s |\n", r.what, r.ours, r.against, r.ratio, r.bar, r.verdict())
		}
	}
	if !o.only.MatchString("growth") {
		return nil
	}
	fmt.Fprintln(o.progress, "==> measuring growth")
	all, err := measureGrowth(o)
	if err != nil {
		return fmt.Errorf("measuring growth: %w", err)
	}
	fmt.Fprint(w, "\n## How costs grow\n")
	if o.page != "" {
		fmt.Fprintf(w, "\n![how costs grow](%s.svg)\n", filepath.Base(o.page))
		err = os.WriteFile(o.page+".svg", []byte(chart(all)), 0o644)
	}
	writeSeries(w, all)
	return err
}

func (r result) verdict() string {
	switch {
	case r.bar == "":
		return ""
	case r.met:
		return "yes"
	}
	return "**no**"
}

// built is the absolute path of a file that `make build` makes.
func built(name string) (string, error) {
	if _, err := os.Stat(name); err != nil {
		return "", fmt.Errorf("%w; build it with: make build", err)
	}
	return filepath.Abs(name)
}

func ms(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

func times(ratio float64) string { return fmt.Sprintf("%.2f×", ratio) }
