package cli

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"ctenv/internal/runargs"
	"ctenv/internal/term"
)

// TestHelp: every command has a short text, an example and help that fits 80
// columns.
func TestHelp(t *testing.T) {
	var visit func(cmd *cobra.Command, args ...string)
	visit = func(cmd *cobra.Command, args ...string) {
		for _, sub := range cmd.Commands() {
			visit(sub, append(append([]string{}, args...), sub.Name())...)
		}
		if cmd.IsAdditionalHelpTopicCommand() && cmd.Name() != "help" {
			return
		}
		code, stdout, stderr := call(t, "", append(args, "--help")...)
		if code != 0 || stderr != "" || !strings.Contains(stdout, "\nUsage:\n  "+cmd.CommandPath()) {
			t.Errorf("%q: exit code %d\n%s%s", args, code, stdout, stderr)
		}
		if !strings.Contains(stdout, "\nExamples:\n  ") && len(args) > 0 && args[0] != "completion" && args[0] != "help" {
			t.Errorf("%q has no example", args)
		}
		if strings.Contains(cmd.UseLine(), " [flags]") && !strings.HasPrefix(cmd.UseLine(), cmd.CommandPath()+" [flags]") {
			t.Errorf("flags do not come first: %s", cmd.UseLine())
		}
		if strings.Contains(stdout, `="`) {
			t.Errorf("%q: a flag's value in quotes:\n%s", args, stdout)
		}
		lines := strings.Split(stdout, "\n")
		for i, line := range lines {
			if n := term.Width(line); n > 80 {
				t.Errorf("%q: %d columns: %s", args, n, line)
			}
			if i+1 < len(lines) && breaksEarly(line, lines[i+1]) {
				t.Errorf("%q: a line breaks early: %s", args, line)
			}
		}
	}
	a := &app{}
	root := a.newRoot()
	root.InitDefaultCompletionCmd()
	visit(root)
}

// breaksEarly tells whether the first word of next would fit on a line of the same paragraph.
func breaksEarly(line, next string) bool {
	word, _, _ := strings.Cut(next, " ")
	return line != "" && word != "" && !strings.HasSuffix(line, ":") && line[0] > ' ' && term.Width(line+" "+word) <= 80
}

// TestGroups: every command has its place in ctenv --help.
func TestGroups(t *testing.T) {
	_, stdout, _ := call(t, "", "--help")
	for _, cmd := range Command().Commands() {
		if cmd.GroupID == "" && !cmd.IsAdditionalHelpTopicCommand() {
			t.Errorf("%s is in no group", cmd.Name())
		}
		if cmd.GroupID != "" && strings.Count(stdout, "\n  "+cmd.Name()+" ") != 1 {
			t.Errorf("%s is not there once", cmd.Name())
		}
	}
	for _, g := range Command().Groups() {
		if !strings.Contains(stdout, "\n"+g.Title+":\n  ") {
			t.Errorf("no %q", g.Title)
		}
	}
	if !strings.Contains(stdout, "\nMore help:\n  run-args ") {
		t.Errorf("no topic: %s", stdout)
	}
}

// TestRunArgsTopic: the table that an error names is in the binary.
func TestRunArgsTopic(t *testing.T) {
	code, stdout, stderr := call(t, "", "help", "run-args")
	if code != 0 || stderr != "" {
		t.Fatalf("exit code %d, %s", code, stderr)
	}
	for _, s := range runargs.Sections() {
		for _, r := range s.Rows {
			if !strings.Contains(stdout, "\n  "+strings.Join(r.Names, ", ")+"\n") {
				t.Errorf("no %q", r.Names)
			}
		}
	}
	for line := range strings.Lines(stdout) {
		if n := term.Width(strings.TrimSuffix(line, "\n")); n > 80 && !strings.HasPrefix(line, "  --") {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}
