package main

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/cpuguy83/go-md2man/v2/md2man"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// manual is what all pages have in their head and foot.
type manual struct {
	version string
	date    time.Time
}

// page renders Markdown, below a name and what it is, as a man page.
func (m manual) page(name, section, what, text string) []byte {
	head := fmt.Sprintf("%% %q %q %q %q %q\n# NAME\n%s - %s\n\n", strings.ToUpper(name), section, m.date.Format("2006-01-02"), "ctenv "+m.version, "ctenv", name, what)
	return md2man.Render([]byte(head + text))
}

// commands gives the page of cmd and of each command below it, by its name.
func (m manual) commands(cmd *cobra.Command, pages map[string][]byte) {
	name := nameOf(cmd)
	pages[name] = m.page(name, "1", lower(cmd.Short), commandText(cmd))
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			m.commands(sub, pages)
		}
	}
}

func nameOf(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// lower is a sentence's start in the middle of a line.
func lower(s string) string { return strings.ToLower(s[:1]) + s[1:] }

// commandText is the page of a command, in Markdown, without its name.
func commandText(cmd *cobra.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# SYNOPSIS\n**%s**\n\n", escape(cmd.UseLine()))
	text := cmd.Long
	if text == "" {
		text = cmd.Short + "."
	}
	fmt.Fprintf(&b, "# DESCRIPTION\n%s\n\n", escape(text))
	cmd.InitDefaultHelpFlag()
	if cmd.HasAvailableLocalFlags() {
		b.WriteString("# OPTIONS\n")
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if !f.Hidden {
				b.WriteString(flagText(f))
			}
		})
	}
	if cmd.HasExample() {
		fmt.Fprintf(&b, "# EXAMPLES\n```\n%s\n```\n\n", cmd.Example)
	}
	var also []string
	if cmd.HasParent() {
		also = append(also, nameOf(cmd.Parent())+"(1)")
	}
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			also = append(also, nameOf(sub)+"(1)")
		}
	}
	also = append(also, "ctenv.toml(5)", "ctenv-run-args(7)")
	fmt.Fprintf(&b, "# SEE ALSO\n%s\n", strings.Join(also, ", "))
	return b.String()
}

// flagText is an option and what it does, as a definition.
func flagText(f *pflag.Flag) string {
	value, usage := pflag.UnquoteUsage(f)
	term := "**--" + f.Name + "**"
	if f.Shorthand != "" {
		term = "**-" + f.Shorthand + "**, " + term
	}
	if value != "" && f.NoOptDefVal == "" {
		term += " *" + value + "*"
	}
	return term + "\n: " + escape(usage) + "\n\n"
}

// escape keeps Markdown from reading signs in a text that is none.
func escape(text string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "_", `\_`, "<", `\<`, "[", `\[`, "`", "\\`").Replace(text)
}

var (
	tableRule = regexp.MustCompile(`^\|(-+\|)+$`)
	cellEnd   = regexp.MustCompile(`([^\\])\|`)
)

// definitions makes of each row of a table in Markdown a definition, which fits any
// width: the first cell is its term, the last one its text.
func definitions(markdown string) string {
	var b strings.Builder
	lines := strings.Split(markdown, "\n")
	for i, line := range lines {
		heading := i+1 < len(lines) && tableRule.MatchString(lines[i+1])
		switch {
		case heading || tableRule.MatchString(line):
		case strings.HasPrefix(line, "| "):
			cells := strings.Split(cellEnd.ReplaceAllString(line[2:], "$1\x00"), "\x00")
			for i := range cells {
				cells[i] = strings.ReplaceAll(strings.TrimSpace(cells[i]), `\|`, "|")
			}
			term, text := "**"+strings.ReplaceAll(cells[0], "`", "")+"**", cells[len(cells)-2]
			if len(cells) == 4 && cells[1] != "" {
				term += " (" + cells[1] + ")"
			}
			if text == "" {
				text = "(no more to say)"
			}
			b.WriteString(term + "\n: " + text + "\n\n")
		default:
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}
