package cli

import (
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"ctenv/internal/usage"
)

// TestOtherWords: what other tools have and ctenv has too needs no way out, and each way out
// names commands and flags that there are.
func TestOtherWords(t *testing.T) {
	root := (&app{}).newRoot()
	find := func(words ...string) *cobra.Command {
		cmd, _, err := root.Find(words)
		if err != nil || len(words) > 0 && cmd == root {
			return nil
		}
		return cmd
	}
	has := func(cmd *cobra.Command, flag string) bool {
		if len(flag) == 1 {
			return cmd.Flags().ShorthandLookup(flag) != nil
		}
		return cmd.Flags().Lookup(flag) != nil || cmd.InheritedFlags().Lookup(flag) != nil
	}
	flag := regexp.MustCompile(`(?:^| )--?([a-z][a-z-]*)`)
	check := func(about, way string, own *cobra.Command) {
		for part := range strings.SplitSeq(way, ";") {
			for clause := range strings.SplitSeq(part, ",") {
				cmd := own
				if i := strings.Index(clause, "ctenv "); i >= 0 {
					words := strings.Fields(clause[i+len("ctenv "):])
					for len(words) > 0 && strings.HasPrefix(words[0], "-") {
						words = words[1:]
					}
					if cmd = find(words...); len(words) == 0 || cmd == nil {
						t.Errorf("%s: %q: there is no such command", about, way)
						continue
					}
				}
				clause, _, _ = strings.Cut(clause, "|")
				clause, _, _ = strings.Cut(clause, " -- ")
				for _, found := range flag.FindAllStringSubmatch(clause, -1) {
					if cmd == nil || !has(cmd, found[1]) && !has(root, found[1]) {
						t.Errorf("%s: %q: there is no --%s", about, way, found[1])
					}
				}
			}
		}
	}
	for word, way := range usage.OtherCommands {
		if find(word) != nil {
			t.Errorf("ctenv has a command %s", word)
		}
		check(word, way, nil)
	}
	for command, flags := range usage.OtherFlags {
		cmd := find(strings.Fields(command)...)
		if cmd == nil {
			t.Fatalf("there is no command %s", command)
		}
		for name, way := range flags {
			if has(cmd, name) {
				t.Errorf("ctenv %s has a flag %s", command, name)
			}
			check(command+" "+name, way, cmd)
		}
	}
}
