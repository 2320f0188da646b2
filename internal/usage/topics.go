package usage

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"ctenv/internal/hint"
	"ctenv/internal/runargs"
	"ctenv/internal/term"
)

// groups are the headings of the commands in ctenv --help, with their commands in order.
// TestGroups finds one that is in none.
var groups = []struct {
	title    string
	commands []string
}{
	{"Run a command", []string{"run", "exec", "shim"}},
	{"Containers that stay", []string{"start", "restart", "status", "logs", "stop"}},
	{"The project's file", []string{"init", "from-docker-run", "config", "build", "trust"}},
	{"This machine", []string{"list", "clean", "doctor"}},
	{"About ctenv", []string{"completion", "help", "version"}},
}

// group gives each command of root its heading.
func group(root *cobra.Command) {
	for _, g := range groups {
		root.AddGroup(&cobra.Group{ID: g.title, Title: g.title})
		for _, name := range g.commands {
			if cmd, _, err := root.Find([]string{name}); err == nil && cmd != root {
				cmd.GroupID = g.title
			}
		}
	}
}

// checkTopics has cobra's own commands refuse what they do not know: they would
// print help and report success.
func checkTopics(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		switch cmd.Name() {
		case "help":
			cmd.Args = func(_ *cobra.Command, args []string) error {
				topic, rest, err := root.Find(args)
				if err == nil && len(rest) > 0 {
					err = UnknownCommand(topic, rest[0], "see "+topic.CommandPath()+" --help")
				}
				return err
			}
		case "completion":
			cmd.DisableFlagsInUseLine = true
			cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
			cmd.Args = func(cmd *cobra.Command, args []string) error {
				if len(args) == 0 {
					return nil
				}
				return hint.Misused("there are bash, fish, powershell and zsh", "%q is not a shell that ctenv completes in", args[0])
			}
		}
	}
}

// newRunArgs is a topic of help: the tables of docs/run-args.md, in every binary.
func (w *Words) newRunArgs() *cobra.Command {
	cmd := &cobra.Command{
		Use:                   "run-args",
		Short:                 "The options of docker run that run_args and --run-arg take",
		DisableFlagsInUseLine: true,
	}
	cmd.SetHelpFunc(func(*cobra.Command, []string) { w.Err = w.printRunArgs() })
	return cmd
}

func (w *Words) printRunArgs() error {
	out := w.Out()
	columns := columnsOfHelp(out)
	var b strings.Builder
	plain := strings.NewReplacer("`", "", `\|`, "|")
	b.WriteString("The key run_args and the flag --run-arg take options of docker run:\n\n" +
		"  run_args = [\"--cap-add=SYS_PTRACE\", \"--shm-size 1g\"]\n" +
		"  ctenv run --run-arg=--cap-add=SYS_PTRACE\n\n" + plain.Replace(runargs.Intro))
	for _, s := range runargs.Sections() {
		fmt.Fprintf(&b, "\n%s\n", out.Paint(term.Bold, s.Title+":"))
		if s.Intro != "" {
			b.WriteString(term.Wrap(plain.Replace(s.Intro), columns, "") + "\n")
		}
		for _, r := range s.Rows {
			text := plain.Replace(r.Text)
			if r.Kind == "repeats" {
				text += " (repeats)"
			}
			const indent = "        "
			b.WriteString("  " + strings.Join(r.Names, ", ") + "\n" + indent + term.Wrap(text, columns-len(indent), indent) + "\n")
		}
	}
	return w.Print(b.String())
}
