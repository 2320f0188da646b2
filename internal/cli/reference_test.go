package cli

import (
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"ctenv/internal/configdoc"
)

//go:generate go test -run TestReference -update .

// TestReference keeps docs/reference.md the same as the table of keys and the
// commands.
func TestReference(t *testing.T) {
	const path = "../../docs/reference.md"
	want := reference(t)
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is stale: run go generate ./internal/cli", path)
	}
}

func reference(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(`# Reference

Made from the tables that the program itself uses, as is the schema that
` + "`ctenv config schema`" + ` prints. [guide.md](guide.md) explains it all.

## The file

` + "`.ctenv.toml`" + ` or ` + "`ctenv.toml`" + `. A key stands in ` + "`[containers.NAME]`" + `, or in ` + "`[defaults]`" + `
for all of them.

`)
	b.WriteString(configdoc.Reference())
	b.WriteString("\n## Commands\n")
	var visit func(cmd *cobra.Command, args ...string)
	visit = func(cmd *cobra.Command, args ...string) {
		code, stdout, stderr := call(t, "", append(args, "--help")...)
		if code != 0 || stderr != "" {
			t.Fatalf("%q --help: %s", args, stderr)
		}
		b.WriteString("\n### " + cmd.CommandPath() + "\n\n```text\n" + stdout + "```\n")
		for _, sub := range cmd.Commands() {
			if sub.Name() != "completion" && sub.Name() != "help" && !sub.IsAdditionalHelpTopicCommand() {
				visit(sub, append(append([]string{}, args...), sub.Name())...)
			}
		}
	}
	visit((&app{}).newRoot())
	return b.String()
}
