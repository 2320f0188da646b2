//go:build linux

package e2e

import (
	"fmt"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/creack/pty"
)

// capture is a session in a terminal, of which there is a picture.
type capture struct {
	name, title string
	files       map[string]string
	// Commands; one that fails on purpose has "! " in front, and one that is not shown "# ". What
	// is typed to one, behind the prompt of its shell, follows it with "> " in front.
	commands []string
}

const program, makefile = "#include <stdio.h>\n\nint main(void) { puts(\"hello\"); }\n", "hello: hello.c\n"

// session is the picture that README.md starts with.
var session = capture{"session", "a terminal session with ctenv", map[string]string{"hello.c": program, "Makefile": makefile}, []string{
	"ls",
	"ctenv run --image gcc:14 -- make",
	"ls -l hello",
	"ctenv init",
	"ctenv run -- sh -c 'whoami; pwd; ./hello'",
}}

// captures are those of docs/captures.md, each light and dark.
var captures = []capture{
	{"first-run", "The first run, without a file", map[string]string{"hello.c": program, "Makefile": makefile}, []string{
		"ctenv run",
		"> id -un; pwd",
		"> exit",
		"! ctenv run make",
		"ctenv run --image gcc:14 -- make",
		"ls -l hello",
	}},
	{"init", "`ctenv init` in a project with a devcontainer.json", map[string]string{".devcontainer/devcontainer.json": devcontainer, "package.json": "{}\n"}, []string{
		"ctenv init",
		"cat .ctenv.toml",
	}},
	{"docker-line", "Words of `docker run`", nil, []string{
		"! ctenv run -it --rm -v $PWD:/src -w /src debian:bookworm make",
		"ctenv from-docker-run 'docker run -it --rm -v $PWD:/src -w /src debian:bookworm make'",
	}},
	{"slow", "A set-up that takes long", map[string]string{".ctenv.toml": slow}, []string{
		"ctenv run -- python --version",
		"! ctenv run broken -- python --version",
	}},
	{"config", "`ctenv config`", map[string]string{".ctenv.toml": team}, []string{
		"ctenv config",
		"ctenv config show test",
	}},
	{"status", "`ctenv status`", map[string]string{".ctenv.toml": team}, []string{
		"ctenv start web",
		"# ctenv exec -d web -- sleep 300",
		"ctenv status web",
		"ctenv stop web",
	}},
	{"doctor", "`ctenv doctor`", map[string]string{".ctenv.toml": team}, []string{
		"ctenv doctor",
	}},
}

const devcontainer = `{
	"name": "shop",
	"image": "debian:bookworm", // the team's
	"features": { "ghcr.io/devcontainers/features/node:1": {} },
	"forwardPorts": [3000],
	"containerEnv": { "NODE_ENV": "development" },
	"mounts": ["source=shop-modules,target=/workspaces/shop/node_modules,type=volume"],
	"postCreateCommand": "npm ci",
	"customizations": { "vscode": { "extensions": ["dbaeumer.vscode-eslint"] } },
	"remoteUser": "node"
}
`

const slow = `[containers.dev]
image = "debian:bookworm"
default = true
post_start_commands = ["echo collecting; sleep 2.2", "printf '#!/bin/sh\\necho Python 3.13.1\\n' >/usr/local/bin/python", "chmod +x /usr/local/bin/python"]

[containers.broken]
image = "debian:bookworm"
setup_commands = ["echo collecting; sleep 1.2; echo 'no matching distribution: nonesuch' >&2; false"]
`

const team = `[defaults]
env = ["CI"]

[containers.web]
image = "debian:bookworm"
default = true
ports = ["auto:3000"]

[containers.test]
image = "gcc:14"
command = "make test"
volumes = ["shop-cache:/var/cache/shop:chown"]
`

// TestSession compares what a terminal shows with the picture; with -update it draws it anew.
func TestSession(t *testing.T) {
	shown := session.run(t)
	session.compare(t, "../docs/session.svg", dark.picture(session.title, shown))
}

// TestCaptures does the same with those of docs/captures.md.
func TestCaptures(t *testing.T) {
	text, err := os.ReadFile("../docs/captures.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range captures {
		t.Run(c.name, func(t *testing.T) {
			shown := c.run(t)
			for look, theme := range map[string]theme{"dark": dark, "light": light} {
				file := "captures/" + c.name + "-" + look + ".svg"
				if !strings.Contains(string(text), file) {
					t.Errorf("docs/captures.md has no %s", file)
				}
				c.compare(t, "../docs/"+file, theme.picture(strings.ReplaceAll(c.title, "`", ""), shown))
			}
		})
	}
}

// run gives what a terminal shows.
func (c capture) run(t *testing.T) string {
	e := dockerEngine(t)
	for name, image := range docsImages {
		e.tagFor(t, image, name)
	}
	e.tagFor(t, "ctenv-test/debian", "ubuntu:latest")
	e.removeDocs(t)
	t.Cleanup(func() { e.removeDocs(t) })
	// As long as the name that it has in the picture, so that lines break where they do there.
	var home string
	for n := range 10 {
		home = fmt.Sprintf("/tmp/alice%d", n)
		if err := os.Mkdir(home, 0o755); err == nil {
			break
		} else if n == 9 {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	p := newPageIn(t, e, c.name, home)
	if err := os.RemoveAll(filepath.Join(p.dir, "example")); err != nil {
		t.Fatal(err)
	}
	for name, text := range c.files {
		p.write(name, text)
	}
	var shown strings.Builder
	for i, command := range c.commands {
		if strings.HasPrefix(command, "> ") {
			continue
		}
		var typed []string
		for _, next := range c.commands[i+1:] {
			text, ok := strings.CutPrefix(next, "> ")
			if !ok {
				break
			}
			typed = append(typed, text)
		}
		command, fails := strings.CutPrefix(command, "! ")
		command, hidden := strings.CutPrefix(command, "# ")
		got := p.asAlice(pasting.ReplaceAllString(p.terminal(command, typed, fails), ""))
		if !hidden {
			shown.WriteString("\x1b[1;32m$\x1b[0m " + command + "\n" + got)
		}
	}
	return shown.String()
}

func (c capture) compare(t *testing.T, file, picture string) {
	if *update {
		if err := os.WriteFile(file, []byte(picture), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	drawn, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := textOf(picture), textOf(string(drawn)); !matches(got, want) {
		t.Errorf("the terminal shows\n%s\nbut %s\n%s", got, file, want)
	}
}

var (
	prompt  = regexp.MustCompile(`\$ $`)                  // of a shell that waits
	pasting = regexp.MustCompile("\x1b\\[\\?2004[hl]\r?") // what it says to the terminal of that, right before a word
)

// terminal runs a line as the page's user in a terminal of 80 columns, types what it is to be
// told, and gives what that shows.
func (p *page) terminal(line string, typed []string, fails bool) string {
	cmd := exec.Command("timeout", fmt.Sprint(stepTimeout.Seconds()), "bash", "-c", line)
	cmd.Dir, cmd.Env = p.dir, append(p.environ(), "TERM=xterm-256color")
	cmd.SysProcAttr = p.user()
	cmd.SysProcAttr.Setsid, cmd.SysProcAttr.Setctty = true, true
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: columns, Rows: 24})
	if err != nil {
		p.t.Fatal(err)
	}
	defer terminal.Close()
	screen := newScreen(terminal)
	for _, text := range typed {
		if err := screen.expect(prompt); err != nil {
			p.t.Errorf("$ %s: %v", line, err)
			_ = cmd.Process.Kill()
			break
		}
		_, _ = terminal.WriteString(text + "\r")
	}
	err = cmd.Wait()
	<-screen.ended
	if (err != nil) != fails {
		p.t.Errorf("$ %s: %v\n%s", line, err, screen.text())
	}
	return screen.text()
}

// theme is how a terminal looks: its own colors, and those of the parameters that turn
// colors on (ECMA-48, "SGR"), which are also the numbers that 38;5 precedes.
type theme struct {
	window, text string
	colors       map[string]string
}

// The colors of 256 are the same in every terminal (ctenv asks for no others there).
var (
	dark = theme{"#0d1117", "#c9d1d9", map[string]string{"31": "#ff7b72", "32": "#7ee787", "33": "#e3b341", "34": "#79c0ff", "36": "#76e3ea",
		"160": "#d70000", "28": "#008700", "130": "#af5f00", "30": "#008787"}}
	light = theme{"#ffffff", "#1f2328", map[string]string{"31": "#cf222e", "32": "#116329", "33": "#4d2d00", "34": "#0969da", "36": "#1b7c83",
		"160": "#d70000", "28": "#008700", "130": "#af5f00", "30": "#008787"}}
)

var (
	sgr     = regexp.MustCompile("\x1b\\[([0-9;]*)m")
	escapes = regexp.MustCompile("\x1b\\[[0-9;?]*[A-Za-ln-z]|[\x00-\x08\x0b-\x1a\x1c-\x1f]")
	rewrote = regexp.MustCompile(`(?m)^.*\r`)
	tag     = regexp.MustCompile(`<[^>]*>`)
)

// columns of the terminals.
const columns = 80

// shownLines are what a terminal shows in the end: a line that was written anew as it is
// last, and a long one in several.
func shownLines(text string) []string {
	text = escapes.ReplaceAllString(rewrote.ReplaceAllString(strings.ReplaceAll(text, "\r\n", "\n"), ""), "")
	return strings.Split(strings.TrimRight(ansi.Hardwrap(text, columns, true), "\n"), "\n")
}

// picture draws text with its colors as a terminal's window.
func (t theme) picture(label, text string) string {
	const size, height, left, top = 14, 20, 16, 52
	lines := shownLines(text)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="720" height="%d" font-family="ui-monospace,Menlo,Consolas,DejaVu Sans Mono,monospace" font-size="%d" role="img" aria-label="%s">
<rect width="100%%" height="100%%" rx="8" fill="%s" stroke="#8b949e"/>
<circle cx="20" cy="20" r="6" fill="#ff5f56"/><circle cx="40" cy="20" r="6" fill="#ffbd2e"/><circle cx="60" cy="20" r="6" fill="#27c93f"/>
<g fill="%s" xml:space="preserve">
`, top+height*len(lines), size, html.EscapeString(label), t.window, t.text)
	style := "" // a line that a terminal has broken keeps it
	for i, line := range lines {
		fmt.Fprintf(&b, `<text x="%d" y="%d">`, left, top+height*i)
		rest := line
		for rest != "" {
			part, found := rest, sgr.FindStringSubmatchIndex(rest)
			if found != nil {
				part = rest[:found[0]]
			}
			if part != "" {
				fmt.Fprintf(&b, "<tspan%s>%s</tspan>", style, html.EscapeString(part))
			}
			if found == nil {
				break
			}
			style, rest = t.style(rest[found[2]:found[3]]), rest[found[1]:]
		}
		b.WriteString("</text>\n")
	}
	b.WriteString("</g>\n</svg>\n")
	return b.String()
}

// style are the attributes for parameters of SGR, all of which a program sets at once.
func (t theme) style(parameters string) string {
	style := ""
	for p := range strings.SplitSeq(parameters, ";") {
		if p == "1" {
			style += ` font-weight="bold"`
		}
		if color := t.colors[strings.TrimPrefix(p, "0")]; color != "" {
			style += fmt.Sprintf(` fill="%s"`, color)
		}
	}
	return style
}

// textOf is the text in a picture.
func textOf(picture string) string {
	var b strings.Builder
	for line := range strings.Lines(picture) {
		if strings.HasPrefix(line, "<text") {
			b.WriteString(html.UnescapeString(tag.ReplaceAllString(line, "")))
		}
	}
	return b.String()
}

func TestPicture(t *testing.T) {
	p := dark.picture("a label", "\x1b[1;32m$\x1b[0m a <b>\n\x1b[?25lplain\x1b[31mred\n")
	for _, want := range []string{`<tspan font-weight="bold" fill="#7ee787">$</tspan><tspan> a &lt;b&gt;</tspan>`, `<tspan>plain</tspan><tspan fill="#ff7b72">red</tspan>`} {
		if !strings.Contains(p, want) {
			t.Errorf("no %s in\n%s", want, p)
		}
	}
	if p := light.picture("", "\x1b[38;5;160mx\r\n[1 s\r\x1b[Kin 2 s\n"+strings.Repeat("y", 90)); textOf(p) != "x\nin 2 s\n"+strings.Repeat("y", 80)+"\n"+strings.Repeat("y", 10)+"\n" {
		t.Error(p)
	}
	if got := textOf(p); got != "$ a <b>\nplainred\n" {
		t.Errorf("got %q", got)
	}
}
