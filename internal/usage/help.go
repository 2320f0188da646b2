// Package usage is what ctenv says about its own command line: help, and what to write
// instead of what is no command, flag or container.
package usage

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"ctenv/internal/term"
)

// Words are what is said about a command line.
type Words struct {
	*term.Console
	Args      []string    // the whole command line
	Err       error       // of printing help, which cobra has no way to return
	Variables [][2]string // of the environment, with what they say
}

// Set gives a tree of commands its help, with headings and topics, and its words about
// mistakes.
func (w *Words) Set(root *cobra.Command) {
	root.Args = noCommand
	root.SetUsageFunc(w.usage)
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { w.Err = w.help(cmd) })
	root.SetFlagErrorFunc(w.flagError)
	checkTopics(root)
	group(root)
	root.AddCommand(w.newRunArgs())
}

// helpColumns is how wide help is where no terminal says otherwise; a line much
// longer is hard to read on a wider one.
const helpColumns = 80

func columnsOfHelp(out *term.Output) int {
	if n := out.Columns(); n > 0 {
		return min(n, helpColumns)
	}
	return helpColumns
}

// help prints what cmd does and how to call it.
func (w *Words) help(cmd *cobra.Command) error {
	text := cmp.Or(cmd.Long, cmd.Short)
	if err := w.Print(filled(text, columnsOfHelp(w.Out())) + "\n\n"); err != nil {
		return err
	}
	return w.usage(cmd)
}

// filled lays the paragraphs of text out anew. What begins with a space or a tab is an
// example, and stays.
func filled(text string, columns int) string {
	paragraphs := strings.Split(strings.TrimSpace(text), "\n\n")
	for i, p := range paragraphs {
		if !strings.HasPrefix(p, " ") && !strings.HasPrefix(p, "\t") {
			paragraphs[i] = term.Wrap(p, columns, "")
		}
	}
	return strings.Join(paragraphs, "\n\n")
}

// inGroup are those commands below cmd, in the order of their names, that are grouped.
func inGroup(cmd *cobra.Command, names []string) []*cobra.Command {
	var found []*cobra.Command
	for _, name := range names {
		for _, sub := range cmd.Commands() {
			if sub.Name() == name && sub.GroupID != "" {
				found = append(found, sub)
			}
		}
	}
	return found
}

// usage prints how to call cmd.
func (w *Words) usage(cmd *cobra.Command) error {
	out := w.Out()
	columns := columnsOfHelp(out)
	var b strings.Builder
	section := func(title string) { fmt.Fprintf(&b, "\n%s\n", out.Paint(term.Bold, title+":")) }

	fmt.Fprintf(&b, "%s\n", out.Paint(term.Bold, "Usage:"))
	if cmd.Runnable() {
		fmt.Fprintf(&b, "  %s\n", cmd.UseLine())
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "  %s COMMAND\n", cmd.CommandPath())
	}
	if len(cmd.Aliases) > 0 {
		section("Aliases")
		fmt.Fprintf(&b, "  %s\n", cmd.NameAndAliases())
	}
	if cmd.HasExample() {
		section("Examples")
		fmt.Fprintf(&b, "%s\n", cmd.Example)
	}
	list := func(title string, commands []*cobra.Command) {
		if len(commands) > 0 {
			section(title)
		}
		for _, sub := range commands {
			indent := strings.Repeat(" ", sub.NamePadding()+3)
			fmt.Fprintf(&b, "  %-*s %s\n", sub.NamePadding(), sub.Name(), term.Wrap(sub.Short, max(columns-len(indent), 20), indent))
		}
	}
	if cmd.HasAvailableSubCommands() {
		for _, g := range groups {
			list(g.title, inGroup(cmd, g.commands))
		}
		list("Commands", slices.DeleteFunc(slices.Clone(cmd.Commands()), func(sub *cobra.Command) bool { return sub.GroupID != "" || !sub.IsAvailableCommand() }))
		list("More help", slices.DeleteFunc(slices.Clone(cmd.Commands()), func(sub *cobra.Command) bool { return !sub.IsAdditionalHelpTopicCommand() || sub.Name() == "help" }))
	}
	if cmd.HasAvailableLocalFlags() {
		section("Flags")
		fmt.Fprintln(&b, strings.TrimRight(cmd.LocalFlags().FlagUsagesWrapped(columns), "\n "))
	}
	if !cmd.HasParent() {
		section("Environment")
		for _, v := range w.Variables {
			const indent = "                          "
			fmt.Fprintf(&b, "  %-*s%s\n", len(indent)-2, v[0], term.Wrap(v[1], max(columns-len(indent), 20), indent))
		}
	}
	switch {
	case cmd.HasAvailableSubCommands():
		fmt.Fprintf(&b, "\n%s COMMAND --help says more about a command.\n", cmd.CommandPath())
	case cmd.HasParent():
		b.WriteString("\nctenv --help shows the global flags.\n")
	}
	return w.Print(b.String())
}
