package trust

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"ctenv/internal/grants"
	"ctenv/internal/term"
)

// grantGroups is under which word a kind of grant is shown.
var grantGroups = []struct {
	word  string
	kinds []string
}{
	{"files", []string{"path", "device", "git", "volume", "image"}},
	{"variables", []string{"variable"}},
	{"network", []string{"network", "port", "name"}},
	{"privileges", []string{"group", "option", "label", "runtime"}},
}

// narrow is the width of a terminal by which rows are counted, in columns.
const narrow = 80

// show prints what is not allowed yet, and says how many rows a narrow terminal needs for it.
func (a Asker) show(r Request) (rows int) {
	out := a.Err()
	fmt.Fprintf(a.Stderr, "[ctenv] %s asks for more than the project has:\n", term.OneLine(r.h.ProjectDir))
	for _, line := range grantLines(r.Fresh, a.Environ) {
		text := fmt.Sprintf("  %-11s %s ", line.word, term.OneLine(line.text))
		places := term.OneLine("(" + line.places + ")")
		fmt.Fprintln(a.Stderr, text+out.Paint(term.Faint, places))
		rows += 1 + (term.Width(text+places)-1)/narrow
	}
	return rows
}

type grantLine struct{ word, text, places string }

// grantLines are the lines that show grants. Variables share one.
func grantLines(grants []grants.Grant, environ []string) []grantLine {
	var lines []grantLine
	for _, group := range grantGroups {
		var names, places []string
		word := group.word
		for _, g := range grants {
			if !slices.Contains(group.kinds, g.Kind) {
				continue
			}
			if g.Kind != "variable" {
				lines = append(lines, grantLine{word, shownGrant(g), place(g)})
				word = ""
				continue
			}
			names = append(names, shownVariable(g.Value, environ))
			if p := place(g); !slices.Contains(places, p) {
				places = append(places, p)
			}
		}
		if len(names) > 0 {
			lines = append(lines, grantLine{word, strings.Join(names, ", "), strings.Join(places, ", ")})
		}
	}
	return lines
}

func place(g grants.Grant) string {
	if g.Pos.Source == nil {
		return "git"
	}
	if g.Pos.Source.Translated {
		return filepath.Base(g.Pos.Source.Name)
	}
	return fmt.Sprintf("%s:%d", filepath.Base(g.Pos.Source.Name), g.Pos.Line)
}

// shownGrant is one grant in words.
func shownGrant(g grants.Grant) string {
	switch g.Kind {
	case "path", "option", "network":
		return g.Value
	case "name":
		return "the name " + g.Value
	case "runtime":
		return "the engine " + g.Value
	case "git":
		return "the git directory " + g.Value
	case "image":
		if g.Unless == "" {
			return "building the image " + g.Value + ", a name that others may use"
		}
		return "building over the image " + g.Value
	}
	return g.Kind + " " + g.Value
}

// shownVariable is a variable's name, and with a pattern those that it passes now.
func shownVariable(name string, environ []string) string {
	prefix, pattern := strings.CutSuffix(name, "*")
	if strings.ContainsAny(name, ", ()\"") {
		return strconv.Quote(name)
	}
	if !pattern {
		return name
	}
	var now []string
	for _, kv := range environ {
		if n, _, _ := strings.Cut(kv, "="); strings.HasPrefix(n, prefix) {
			now = append(now, n)
		}
	}
	slices.Sort(now)
	if len(now) == 0 {
		return name + " (none now)"
	}
	return name + " (now " + strings.Join(now, " ") + ")"
}
