package cli

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"

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
		code, stdout, stderr := call(t, "", append(args, "--help")...)
		if code != 0 || stderr != "" || !strings.Contains(stdout, "\nUsage:\n  "+cmd.CommandPath()) {
			t.Errorf("%q: exit code %d\n%s%s", args, code, stdout, stderr)
		}
		if !strings.Contains(stdout, "\nExamples:\n  ") && len(args) > 0 && args[0] != "completion" && args[0] != "help" {
			t.Errorf("%q has no example", args)
		}
		for line := range strings.Lines(stdout) {
			if n := term.Width(strings.TrimSuffix(line, "\n")); n > 80 {
				t.Errorf("%q: %d columns: %s", args, n, line)
			}
		}
	}
	a := &app{}
	root := a.newRoot()
	root.InitDefaultCompletionCmd()
	visit(root)
}
