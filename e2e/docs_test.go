//go:build linux

package e2e

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the outputs in README.md and docs/ anew")

// docsImages are the names that the pages use for images of the tests.
var docsImages = map[string]string{
	"debian:bookworm":                 "ctenv-test/debian",
	"gcc:14":                          "ctenv-test/build",
	"busybox:latest":                  "ctenv-test/busybox",
	"ctenv-example/build:bookworm-v1": "ctenv-test/build",
	"registry.example/printenv:1":     "ctenv-test/distroless",
	"registry.example/probe:1":        "ctenv-test/scratch",
}

// TestDocs runs the commands that README.md and the pages in docs/ show, as the
// ordinary user in a directory of the page's own, and compares what they print.
//
// A console block holds commands, each after "$ ", and their output. A comment
// before a block says more:
//
//	<!-- file: PATH -->        the block is a file of the page's directory
//	<!-- in: DIR -->           the block runs in that directory
//	<!-- not run: REASON -->   the block is not run
//
// The user is called alice there, whatever the tests' user is called, and the
// page's directory is /home/alice/app. Ids, dates, sizes, durations and the number
// of spaces may differ; "…" stands for any text in a line, a line of it alone for
// any lines. A command may fail only where "error: " or "fail " is in its output.
func TestDocs(t *testing.T) {
	e := dockerEngine(t)
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, image := range docsImages {
		e.tagFor(t, image, name)
	}
	e.removeDocs(t)
	t.Cleanup(func() { e.removeDocs(t) })
	for _, page := range append(pages, "../README.md") {
		t.Run(filepath.Base(page), func(t *testing.T) {
			// A volume that another page has made is a question on this one.
			e.removeDocs(t)
			text, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			p := newPage(t, e, page)
			got := p.run(string(text))
			if *update && got != string(text) {
				if err := os.WriteFile(page, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// TestExamples runs the example lines of every command's help. What would run in
// an image that only some have is planned only.
func TestExamples(t *testing.T) {
	e := dockerEngine(t)
	p := newPage(t, e, "examples")
	const config = `[containers.build]
image = "ctenv-test/debian"
default = true

[containers.dev]
build = { dockerfile_content = "FROM scratch\nENV A=1", tag = "ctenv-examples-dev" }
`
	t.Cleanup(func() { _, _ = e.run("rmi", "--force", "ctenv-examples-dev") })
	count := 0
	p.examples("ctenv", func(line string) {
		count++
		if words := strings.Fields(line); slices.Contains(words[:min(len(words), 4)], "init") {
			// The directories have a file already.
			line = "rm -f .ctenv.toml ~/src/app/.ctenv.toml && " + line
		}
		for _, name := range []string{".ctenv.toml", "~/src/app/.ctenv.toml"} {
			p.write(name, config)
		}
		line = regexp.MustCompile(`(ctenv (?:-p \S+ )?run) `).ReplaceAllString(line+" ", "$1 --dry-run ")
		if out, code := p.shell(p.dir, line); code != 0 {
			t.Errorf("%s: exit status %d\n%s", line, code, out)
		}
	})
	if count < 15 {
		t.Errorf("only %d examples were found", count)
	}
}

// examples calls f with each example line of a command and of those below it.
func (p *page) examples(command string, f func(string)) {
	help, code := p.shell(p.dir, command+" --help")
	if code != 0 {
		p.t.Fatalf("%s --help: %s", command, help)
	}
	section, called := "", false // after the text, which may hold anything
	for line := range strings.Lines(help) {
		line = strings.TrimRight(line, "\n")
		word, indented := strings.CutPrefix(line, "  ")
		switch {
		case !indented:
			section, called = line, called || line == "Usage:"
		case !called:
		case section == "Examples:":
			f(word)
		case !slices.Contains([]string{"Usage:", "Aliases:", "Flags:", "Environment:", "More help:"}, section) && !strings.HasPrefix(word, " "):
			if name := strings.Fields(word)[0]; name != "completion" && name != "help" {
				p.examples(command+" "+name, f)
			}
		}
	}
}

func dockerEngine(t *testing.T) *testEngine {
	t.Helper()
	i := slices.IndexFunc(engines, func(e *testEngine) bool { return e.name == "docker" })
	if i < 0 {
		t.Skip("only the rootful docker engine has what the pages show, and it is not among " + enginesVar)
	}
	return engines[i]
}

// tagFor gives an image another name for the time of a test. One that has the
// name already keeps it.
func (e *testEngine) tagFor(t *testing.T, image, name string) {
	t.Helper()
	if _, err := e.run("image", "inspect", name); err == nil {
		return
	}
	if _, err := e.run("tag", image, name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := e.run("rmi", name); err != nil {
			t.Error(err)
		}
	})
}

// docsVolumes and docsNetworks are what the pages make in the engine.
var (
	docsVolumes  = []string{"cache-" + ordinary.name, "build-caches-user-" + ordinary.name, "build-cache-" + ordinary.name, "agent-home-" + ordinary.name, "shop-cache"}
	docsNetworks = []string{"office"}
)

// docsBuilds are images that they build.
var docsBuilds = []string{"our-dev:latest"}

func (e *testEngine) removeDocs(t *testing.T) {
	t.Helper()
	for _, image := range docsBuilds {
		if _, err := e.run("image", "inspect", image); err != nil {
			continue
		}
		if _, err := e.run("rmi", image); err != nil {
			t.Error(err)
		}
	}
	if _, err := e.run(append([]string{"volume", "rm", "--force"}, docsVolumes...)...); err != nil {
		t.Error(err)
	}
	for _, n := range docsNetworks {
		// One that ctenv has not made is somebody's.
		managed, err := e.run("network", "ls", "--quiet", "--filter", "name=^"+n+"$", "--filter", "label=se.osd.ctenv.managed=true")
		if id := strings.TrimSpace(managed); err == nil && id != "" {
			_, err = e.run("network", "rm", id)
		}
		if err != nil {
			t.Error(err)
		}
	}
}

// page is a page that is being run.
type page struct {
	t         *testing.T
	home, dir string // of the user, and in it of the page
	trust     string // CTENV_TRUST: the pages' own projects are the user's
}

func newPage(t *testing.T, e *testEngine, name string) *page {
	home, err := os.MkdirTemp(scratch, "page-")
	if err != nil {
		t.Fatal(err)
	}
	return newPageIn(t, e, name, home)
}

func newPageIn(t *testing.T, e *testEngine, name, home string) *page {
	p := &page{t: t, home: home, dir: filepath.Join(home, "app"), trust: home}
	if filepath.Base(name) == "consent.md" {
		p.trust = ""
	}
	if err := os.CopyFS(filepath.Join(p.dir, "example"), os.DirFS("../example")); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(p.dir, "example", "build")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(home, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := giveAway(home, ordinary); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.removeAll(home, filepath.Base(home)); err != nil {
			t.Error(err)
		}
	})
	return p
}

// directive is a comment before a block.
var directive = regexp.MustCompile(`^<!-- (file|in|not run): (.+) -->$`)

// run goes through a page and returns it with the outputs that were seen.
func (p *page) run(text string) string {
	var out strings.Builder
	lines := strings.SplitAfter(text, "\n")
	file, dir, skip := "", p.dir, false
	for i := 0; i < len(lines); i++ {
		line := strings.TrimRight(lines[i], "\n")
		if m := directive.FindStringSubmatch(line); m != nil {
			switch m[1] {
			case "file":
				file = m[2]
			case "in":
				dir = filepath.Join(p.dir, m[2])
			default:
				skip = true
			}
		}
		out.WriteString(lines[i])
		language, fence := strings.CutPrefix(line, "```")
		if !fence {
			if strings.HasPrefix(strings.TrimSpace(line), "$ ") {
				p.t.Errorf("a command outside of a console block: %s", line)
			}
			continue
		}
		start := i + 1
		for i++; i < len(lines) && !strings.HasPrefix(lines[i], "```"); i++ {
		}
		block := lines[start:i]
		switch {
		case skip:
		case file != "":
			p.write(file, strings.Join(block, ""))
		case language == "console":
			block = p.console(dir, block)
		case language == "toml":
			p.tryFile(strings.Join(block, ""))
		case language == "sh":
			p.t.Errorf("a block that is neither run nor said to be not: %s", block)
		}
		out.WriteString(strings.Join(block, "") + "```\n")
		file, dir, skip = "", p.dir, false
	}
	return strings.TrimSuffix(out.String(), "\n") + "\n"
}

func (p *page) write(name, text string) {
	path := filepath.Join(p.dir, name)
	if strings.HasPrefix(name, "~/") {
		path = filepath.Join(p.home, name[2:])
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := giveAway(p.home, ordinary); err != nil {
		p.t.Fatal(err)
	}
}

// tryFile has ctenv read a file that is only shown.
func (p *page) tryFile(text string) {
	const name = "shown.toml"
	p.write(name, text)
	for _, m := range regexp.MustCompile(`(?m)^\[containers\.([^.\]]+)\]`).FindAllStringSubmatch(text, -1) {
		if out, code := p.shell(p.dir, "ctenv --config "+name+" config show "+m[1]); code != 0 {
			p.t.Errorf("%s\n%s", text, out)
		}
	}
	if err := os.Remove(filepath.Join(p.dir, name)); err != nil {
		p.t.Error(err)
	}
}

// console runs the commands of a block and returns it with what they printed,
// where that is not what it says.
func (p *page) console(dir string, block []string) []string {
	var seen []string
	for i := 0; i < len(block); {
		command, ok := strings.CutPrefix(strings.TrimRight(block[i], "\n"), "$ ")
		if !ok {
			p.t.Errorf("a block starts with no command: %q", block[i])
			return block
		}
		end := i + 1
		for end < len(block) && !strings.HasPrefix(block[end], "$ ") {
			end++
		}
		want := strings.Join(block[i+1:end], "")
		got, code := p.shell(dir, command)
		got = p.asAlice(got)
		if got != "" && !strings.HasSuffix(got, "\n") {
			got += "\n"
		}
		if !matches(got, want) {
			if !*update {
				p.t.Errorf("$ %s\n%s\nbut the page says\n%s", command, got, want)
			}
			want = got
		}
		if code != 0 && !strings.Contains(got, "error: ") && !strings.Contains(got, "fail ") {
			p.t.Errorf("$ %s\n%s\nexit status %d", command, got, code)
		}
		seen = append(seen, block[i], want)
		i = end
	}
	return seen
}

// shell runs a line as the ordinary user and returns what it printed, both
// streams together.
func (p *page) shell(dir, line string) (string, int) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*stepTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", line)
	cmd.Dir = dir
	cmd.Env = p.environ()
	cmd.SysProcAttr = p.user()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		p.t.Fatalf("$ %s: still running\n%s", line, &out)
	}
	code, err := exitStatus(err)
	if err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		p.t.Fatal(err)
	}
	return out.String(), code
}

// environ are the variables of the pages' commands.
func (p *page) environ() []string {
	return []string{"HOME=" + p.home, "CTENV_TRUST=" + p.trust, "USER=" + ordinary.name, "LANG=C.UTF-8", "PATH=" + ctenvDir() + ":" + os.Getenv("PATH")}
}

// user are the credentials that they run with.
func (p *page) user() *syscall.SysProcAttr {
	var socket syscall.Stat_t
	if err := syscall.Stat("/var/run/docker.sock", &socket); err != nil {
		p.t.Fatal(err)
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(ordinary.uid), Gid: uint32(ordinary.gid), Groups: []uint32{socket.Gid}}}
}

// asAlice gives the user and the directories the names that they have on the pages.
func (p *page) asAlice(text string) string {
	text = strings.NewReplacer(p.home, "/home/alice", strings.ReplaceAll(strings.Trim(p.home, "/"), "/", "-"), "home-alice").Replace(text)
	// Containers of scripts that run at the same time.
	text = regexp.MustCompile(`(?m)^.*/ctenv-e2e-.*\n`).ReplaceAllString(text, "")
	return regexp.MustCompile(`\b`+ordinary.name+`\b([^/]|$)`).ReplaceAllString(text, "alice$1")
}

// What may differ between a page and a run.
var differs = []struct {
	pattern *regexp.Regexp
	stands  string
}{
	{regexp.MustCompile(`\b[0-9a-f]{64}\b|\b[0-9a-f]{12}\b`), "ID"},
	{regexp.MustCompile(`\b\d+ +(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +\d+ +(\d+:\d+|\d{4})\b`), "SIZE DATE"},
	{regexp.MustCompile(`\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +\d+ +(\d+:\d+|\d{4})\b`), "DATE"},
	{regexp.MustCompile(`127\.0\.0\.1:\d+|process \d+`), "NUMBER"},
	{regexp.MustCompile(`\b\d+(\.\d+)?(µs|ms| ?s)\b|(?i)\b(less than a second|about an? \w+|\d+ (second|minute|hour|day)s?)\b`), "DURATION"},
	{regexp.MustCompile(`\b\d+(\.\d+)? ?[kKMG]i?B\b`), "SIZE"},
	{regexp.MustCompile(`(Docker|Podman) \d\S* \(API [\d.]+`), "$1 VERSION"},
	{regexp.MustCompile(` +`), " "},
}

func matches(got, want string) bool {
	for _, d := range differs {
		got = d.pattern.ReplaceAllString(got, d.stands)
		want = d.pattern.ReplaceAllString(want, d.stands)
	}
	if got == want {
		return true
	}
	var pattern strings.Builder
	pattern.WriteString(`\A`)
	for line := range strings.Lines(want) {
		if line == "…\n" {
			pattern.WriteString(`(?:.*\n)*?`)
			continue
		}
		for i, part := range strings.Split(line, "…") {
			if i > 0 {
				pattern.WriteString(`.*`)
			}
			pattern.WriteString(regexp.QuoteMeta(part))
		}
	}
	return regexp.MustCompile(pattern.String() + `\z`).MatchString(got)
}

func TestMatches(t *testing.T) {
	for _, tt := range []struct {
		got, want string
		ok        bool
	}{
		{"a\n", "a\n", true},
		{"Docker 26.1.5+dfsg1 (API 1.45, linux)\n", "Docker 20.10.24 (API 1.41, linux)\n", true},
		{"Docker 26.1.5 (API 1.45, linux)\n", "Podman 5.4.2 (API 1.41, linux)\n", false},
		{"a\n", "b\n", false},
		{"a\n", "", false},
		{"", "a\n", false},
		{"a  b\n", "a b\n", true},
		{"id 0123456789ab\n", "id ffffffffffff\n", true},
		{"id 0123456789ab\n", "id fffff\n", false},
		{"1 alice 77 Nov 23 07:12 x\n", "1 alice 123 Jan  3  2026 x\n", true},
		{"1 alice 77 Nov 23 07:12 x\n", "1 bob 123 Jan  3  2026 x\n", false},
		{"Up 2 minutes\n", "Up Less than a second\n", true},
		{"took 12ms\n", "took 3.4s\n", true},
		{"a x b\n", "a … b\n", true},
		{"a x c\n", "a … b\n", false},
		{"a\nb\nc\n", "a\n…\nc\n", true},
		{"a\nb\n", "a\n…\nc\n", false},
	} {
		if matches(tt.got, tt.want) != tt.ok {
			t.Errorf("matches(%q, %q) is %t", tt.got, tt.want, !tt.ok)
		}
	}
	if s := fmt.Sprint(matches("…", "x")); s != "false" {
		t.Error("what was printed is no pattern")
	}
}
