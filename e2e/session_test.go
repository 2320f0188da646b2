//go:build linux

package e2e

import (
	"fmt"
	"html"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/creack/pty"
)

// sessionFile is the picture that README.md starts with.
const sessionFile = "../docs/session.svg"

// session are its commands, in a directory with a program in C.
var session = []string{
	"ls",
	"ctenv run --image gcc:14 -- make",
	"ls -l hello",
	"ctenv init",
	"ctenv run -- sh -c 'whoami; pwd; ./hello'",
}

// TestSession runs the commands in a terminal and compares what it shows with the
// picture; with -update it draws it anew.
func TestSession(t *testing.T) {
	e := dockerEngine(t)
	for name, image := range docsImages {
		e.tagFor(t, image, name)
	}
	p := newPage(t, e, "session")
	if err := os.RemoveAll(p.dir); err != nil {
		t.Fatal(err)
	}
	p.write("hello.c", "#include <stdio.h>\n\nint main(void) { puts(\"hello\"); }\n")
	p.write("Makefile", "hello: hello.c\n")
	var shown strings.Builder
	for _, command := range session {
		shown.WriteString("\x1b[1;32m$\x1b[0m " + command + "\n" + p.asAlice(p.terminal(command)))
	}
	if *update {
		if err := os.WriteFile(sessionFile, []byte(picture(shown.String())), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	drawn, err := os.ReadFile(sessionFile)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := textOf(picture(shown.String())), textOf(string(drawn)); !matches(got, want) {
		t.Errorf("the terminal shows\n%s\nbut %s\n%s", got, sessionFile, want)
	}
}

// terminal runs a line as the page's user in a terminal of 80 columns, and gives what
// that shows.
func (p *page) terminal(line string) string {
	cmd := exec.Command("timeout", fmt.Sprint(stepTimeout.Seconds()), "bash", "-c", line)
	cmd.Dir, cmd.Env = p.dir, append(p.environ(), "TERM=xterm-256color")
	cmd.SysProcAttr = p.user()
	cmd.SysProcAttr.Setsid, cmd.SysProcAttr.Setctty = true, true
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: 80, Rows: 24})
	if err != nil {
		p.t.Fatal(err)
	}
	defer terminal.Close()
	screen := newScreen(terminal)
	err = cmd.Wait()
	<-screen.ended
	if err != nil {
		p.t.Errorf("$ %s: %v\n%s", line, err, screen.text())
	}
	return screen.text()
}

// colors of a picture, by the parameters that turn them on (ECMA-48, "SGR"), and by the numbers
// that 38;5 precedes.
var colors = map[string]string{"31": "#ff7b72", "32": "#7ee787", "33": "#e3b341", "34": "#79c0ff", "36": "#76e3ea",
	"160": "#ff7b72", "28": "#7ee787", "130": "#e3b341", "30": "#76e3ea"}

var (
	sgr     = regexp.MustCompile("\x1b\\[([0-9;]*)m")
	escapes = regexp.MustCompile("\x1b\\[[0-9;?]*[A-Za-ln-z]|[\x00-\x08\x0b-\x1a\x1c-\x1f]")
	tag     = regexp.MustCompile(`<[^>]*>`)
)

// picture draws text with its colors as a terminal's window.
func picture(text string) string {
	const size, height, left, top = 14, 20, 16, 52
	lines := strings.Split(strings.TrimRight(escapes.ReplaceAllString(text, ""), "\n"), "\n")
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="720" height="%d" font-family="ui-monospace,Menlo,Consolas,monospace" font-size="%d" role="img" aria-label="a terminal session with ctenv">
<rect width="100%%" height="100%%" rx="8" fill="#0d1117"/>
<circle cx="20" cy="20" r="6" fill="#ff5f56"/><circle cx="40" cy="20" r="6" fill="#ffbd2e"/><circle cx="60" cy="20" r="6" fill="#27c93f"/>
<g fill="#c9d1d9" xml:space="preserve">
`, top+height*len(lines), size)
	style := ""
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
			style, rest = styleOf(rest[found[2]:found[3]]), rest[found[1]:]
		}
		b.WriteString("</text>\n")
	}
	b.WriteString("</g>\n</svg>\n")
	return b.String()
}

// styleOf are the attributes for parameters of SGR, all of which a program sets at once.
func styleOf(parameters string) string {
	style := ""
	for p := range strings.SplitSeq(parameters, ";") {
		if p == "1" {
			style += ` font-weight="bold"`
		}
		if color := colors[strings.TrimPrefix(p, "0")]; color != "" {
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
	p := picture("\x1b[1;32m$\x1b[0m a <b>\n\x1b[?25lplain\x1b[31mred\n")
	for _, want := range []string{`<tspan font-weight="bold" fill="#7ee787">$</tspan><tspan> a &lt;b&gt;</tspan>`, `<tspan>plain</tspan><tspan fill="#ff7b72">red</tspan>`} {
		if !strings.Contains(p, want) {
			t.Errorf("no %s in\n%s", want, p)
		}
	}
	if got := textOf(p); got != "$ a <b>\nplainred\n" {
		t.Errorf("got %q", got)
	}
}
