package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ctenv/internal/cli"
	"ctenv/internal/config"
	"ctenv/internal/runargs"
)

// plainText is a man page without the escapes of roff that stand in words.
func plainText(page []byte) string {
	return strings.NewReplacer(`\-`, "-", `\fB`, "", `\fI`, "", `\fP`, "", `\fR`, "", `\&`, "", `\\`, `\`).Replace(string(page))
}

// TestPages: each command, key and option has its place in a page, and the same date
// gives the same bytes.
func TestPages(t *testing.T) {
	m := manual{version: "1.2.3", date: time.Unix(86400, 0).UTC()}
	all, err := files(m)
	if err != nil {
		t.Fatal(err)
	}
	again, err := files(m)
	if err != nil {
		t.Fatal(err)
	}
	for name := range all {
		if !bytes.Equal(all[name], again[name]) {
			t.Errorf("%s is not the same twice", name)
		}
	}
	has := func(name string, words ...string) {
		t.Helper()
		text := plainText(all[name])
		if text == "" {
			t.Errorf("no page %s", name)
			return
		}
		for _, word := range words {
			if !strings.Contains(text, word) {
				t.Errorf("%s does not say %q", name, word)
			}
		}
	}
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		if !cmd.IsAvailableCommand() && cmd.HasParent() {
			return
		}
		words := []string{`"ctenv 1.2.3"`, "1970-01-02", ".SH SYNOPSIS"}
		if cmd.HasExample() {
			words = append(words, ".SH EXAMPLES", strings.TrimSpace(cmd.Example[:strings.IndexByte(cmd.Example+"\n", '\n')]))
		}
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if !f.Hidden {
				words = append(words, "--"+f.Name)
			}
		})
		has("share/man/man1/"+nameOf(cmd)+".1", words...)
		for _, sub := range cmd.Commands() {
			visit(sub)
		}
	}
	visit(cli.Command())
	for _, k := range config.Keys() {
		has("share/man/man5/ctenv.toml.5", "\n"+k.Name)
	}
	for _, s := range runargs.Sections() {
		for _, r := range s.Rows {
			has("share/man/man7/ctenv-run-args.7", "\n"+r.Names[0])
		}
	}
}

func TestDefinitions(t *testing.T) {
	const table = "a\n\n| key | default | meaning |\n|---|---|---|\n| `x` | `a\\|b` | is x |\n| `y` | | is y |\n\nb\n"
	const want = "a\n\n**x** (`a|b`)\n: is x\n\n**y**\n: is y\n\n\nb\n\n"
	if got := definitions(table); got != want {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}
