// Command enginetable writes the table of docs/engines.md: which end-to-end scripts do not
// hold on each engine, and what they showed where they ran. Its arguments are outputs of `go test -json ./e2e`. Where an engine
// is in several of them, what a script showed last counts.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// column is one engine of one machine.
type column struct {
	name    string            // "docker 26.1.5"
	results map[string]string // by script: "pass", "fail" or "skip"
}

// event is a line of `go test -json` (go doc cmd/test2json).
type event struct{ Action, Test, Output string }

// versions is what the suite says of its engines when it starts.
var versions = regexp.MustCompile(`^==> engines: (.*)\n`)

// read takes the engines and their results from one run of the suite.
func read(r io.Reader) ([]*column, error) {
	byEngine := map[string]*column{}
	var columns []*column
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			continue // what was printed before the tests
		}
		if m := versions.FindStringSubmatch(e.Output); m != nil {
			for _, engine := range strings.Split(m[1], ", ") {
				name, _, _ := strings.Cut(engine, " ")
				c := &column{engine, map[string]string{}}
				byEngine[name], columns = c, append(columns, c)
			}
		}
		parts := strings.Split(e.Test, "/")
		if len(parts) != 3 || parts[0] != "TestScripts" || byEngine[parts[1]] == nil {
			continue
		}
		switch e.Action {
		case "pass", "fail", "skip":
			byEngine[parts[1]].results[parts[2]] = e.Action
		}
	}
	if len(columns) == 0 && lines.Err() == nil {
		return nil, errors.New("it names no engines")
	}
	return columns, lines.Err()
}

// sentence is the first one of the comment that a script begins with.
func sentence(script string) string {
	var words []string
	for line := range strings.Lines(script) {
		text, ok := strings.CutPrefix(line, "#")
		if !ok {
			break
		}
		words = append(words, strings.Fields(text)...)
	}
	text := strings.Join(words, " ")
	if i := strings.Index(text, ". "); i >= 0 {
		text = text[:i]
	}
	return strings.TrimSuffix(text, ".")
}

// merge adds what a run has found to what those before it had.
func merge(columns, found []*column) []*column {
	for _, c := range found {
		i := slices.IndexFunc(columns, func(had *column) bool { return had.name == c.name })
		if i < 0 {
			columns = append(columns, c)
			continue
		}
		maps.Copy(columns[i].results, c.results)
	}
	return columns
}

// page is where the table goes, below a line that ends with marker.
const (
	page   = "docs/engines.md"
	marker = "<!-- written by scripts/enginetable -->\n"
)

var marks = map[string]string{"pass": "✓", "fail": "✗", "skip": "–"}

func write(w io.Writer, columns []*column, scripts map[string]string) {
	var heads []string
	for _, c := range columns {
		name, version, _ := strings.Cut(c.name, " ")
		version, _, _ = strings.Cut(version, "+")
		heads = append(heads, name+" "+version)
	}
	fmt.Fprintf(w, "| what holds | test | %s |\n|---|---|%s\n", strings.Join(heads, " | "), strings.Repeat("---|", len(columns)))
	var names []string
	for name := range scripts {
		names = append(names, name)
	}
	slices.Sort(names)
	same := 0
	for _, name := range names {
		if !slices.ContainsFunc(columns, func(c *column) bool { return c.results[name] != "pass" }) {
			same++
			continue
		}
		row := []string{strings.ReplaceAll(sentence(scripts[name]), "|", `\|`), "`" + name + "`"}
		for _, c := range columns {
			row = append(row, marks[c.results[name]])
		}
		fmt.Fprintf(w, "| %s |\n", strings.Join(row, " | "))
	}
	fmt.Fprintf(w, "\n%d further scripts ran on all of them and hold.\n", same)
}

func run(files []string) error {
	if len(files) == 0 {
		return errors.New("no file is named; usage: enginetable FILE [FILE]")
	}
	var columns []*column
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			return err
		}
		found, err := read(f)
		f.Close()
		if err != nil {
			return fmt.Errorf("reading %q: %w", file, err)
		}
		columns = merge(columns, found)
	}
	paths, err := filepath.Glob("e2e/testdata/*.txtar")
	if err != nil {
		return err
	}
	scripts := map[string]string{}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		scripts[strings.TrimSuffix(filepath.Base(path), ".txtar")] = string(data)
	}
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	above, _, found := strings.Cut(string(text), marker)
	if !found {
		return fmt.Errorf("%s has no line %q", page, strings.TrimSpace(marker))
	}
	var table strings.Builder
	write(&table, columns, scripts)
	return os.WriteFile(page, []byte(above+marker+"\n"+table.String()), 0o644)
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}
