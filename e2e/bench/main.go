// Command bench times ctenv against the engine's own command and writes a table
// in Markdown. The two alternate, so that a noisy machine is noisy to both, and
// medians are compared.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

const image = "ctenv-test/debian"

func main() {
	pairs := flag.Int("pairs", 15, "how often each command runs")
	flag.Parse()
	if err := run(os.Stdout, *pairs); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// row is one comparison; base is nil where the bar is a time of its own.
type row struct {
	name string
	ours []string
	base []string
	bar  string
}

func run(w io.Writer, pairs int) (err error) {
	if pairs < 1 {
		return errors.New("-pairs has to be at least 1")
	}
	ctenv, err := filepath.Abs("bin/ctenv")
	if err != nil {
		return err
	}
	project, err := os.MkdirTemp("", "ctenv-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(project)) }()

	rows := []row{
		{
			name: "ctenv run -- true",
			ours: []string{ctenv, "-p", project, "run", "--image", image, "--", "true"},
			base: []string{"docker", "run", "--rm", "--init", "-v", project + ":/repo", "-w", "/repo", image, "true"},
			bar:  "≤ 1.00×",
		},
		{
			name: "ctenv run --dry-run",
			ours: []string{ctenv, "-p", project, "run", "--image", image, "--dry-run", "--", "true"},
			bar:  "≤ 15 ms",
		},
	}
	fmt.Fprintf(w, "Medians of %d.\n\n| what | ctenv | docker | ratio | bar |\n|---|---|---|---|---|\n", pairs)
	for _, r := range rows {
		if err := r.measure(w, pairs); err != nil {
			return err
		}
	}
	return nil
}

func (r row) measure(w io.Writer, pairs int) error {
	// One of each first, for what only the first run pays: caches, page cache.
	var ours, base []time.Duration
	for i := range pairs + 1 {
		d, err := timed(r.ours)
		if err != nil {
			return err
		}
		if i > 0 {
			ours = append(ours, d)
		}
		if r.base == nil {
			continue
		}
		if d, err = timed(r.base); err != nil {
			return err
		}
		if i > 0 {
			base = append(base, d)
		}
	}
	a := median(ours)
	if r.base == nil {
		fmt.Fprintf(w, "| `%s` | %s | | | %s |\n", r.name, ms(a), r.bar)
		return nil
	}
	b := median(base)
	fmt.Fprintf(w, "| `%s` | %s | %s | %.2f× | %s |\n", r.name, ms(a), ms(b), float64(a)/float64(b), r.bar)
	return nil
}

func timed(args []string) (time.Duration, error) {
	cmd := exec.Command(args[0], args[1:]...)
	start := time.Now()
	out, err := cmd.CombinedOutput()
	took := time.Since(start)
	if err != nil {
		return 0, fmt.Errorf("%q: %w\n%s", args, err, out)
	}
	return took, nil
}

func median(ds []time.Duration) time.Duration {
	slices.Sort(ds)
	return ds[len(ds)/2]
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond)) }
