package config

import (
	"fmt"
	"strings"
	"testing"
)

// Lists that somebody has made so long that ctenv takes all time over them are errors, whether
// they are long by themselves or put together of others.
func TestLongLists(t *testing.T) {
	list := func(n int, item string) string { return "[" + strings.Repeat("'"+item+"',", n) + "]" }
	table := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "%sa%d = 'v'", strings.Repeat(", ", min(i, 1)), i)
		}
		return "{ " + b.String() + " }"
	}
	for name, tt := range map[string]struct{ text, err string }{
		"a list":                 {"[containers.x]\nvolumes = " + list(1001, "a:/a"), "volumes has 1001 items, and a container may have 1000"},
		"patterns of variables":  {"[containers.x]\nenv = " + list(60000, "A_*"), "env has 60000 items, and a container may have 1000"},
		"a table":                {"[containers.x]\nlabels = " + table(1001), "labels has 1001 items, and a container may have 1000"},
		"a table in a table":     {"[containers.x]\nbuild = { dockerfile = 'D', args = " + table(1001) + " }", "build.args has 1001 items, and a container may have 1000"},
		"variables in a table":   {"[containers.x]\nenv = " + table(1001), "env has 1001 items, and a container may have 1000"},
		"packages":               {"[containers.x]\npackages = " + list(1001, "p"), "packages has 1001 items, and a container may have 1000"},
		"defaults and its own":   {"[defaults]\nenv_file = " + list(600, "e") + "\n[containers.x]\nenv_file = " + list(401, "e"), "env_file has 1001 items, and a container may have 1000"},
		"what it extends":        {"[containers.a]\nrun_args = " + list(999, "--init") + "\n[containers.b]\nrun_args = ['a']\n[containers.x]\nextends = ['a', 'b']\nrun_args = ['b']", "run_args has 1001 items, and a container may have 1000"},
		"as many as may be":      {"[containers.x]\nvolumes = " + list(1000, "a:/a"), ""},
		"the words of a command": {"[containers.x]\ncommand = " + list(5000, "w"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := layered(t, tt.text, "", "").Resolve("x", Container{})
			if tt.err == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.HasSuffix(err.Error(), tt.err) || !strings.Contains(err.Error(), ".ctenv.toml:") {
				t.Errorf("got error %v, want a place and %q", err, tt.err)
			}
		})
	}
}

// So are containers, each of which is looked for among all.
func TestManyContainers(t *testing.T) {
	for n, ok := range map[int]bool{1000: true, 1001: false} {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "[containers.a%d]\n", i)
		}
		_, err := Parse([]byte(b.String()), &Source{Name: "f"}, false)
		mistake, is := err.(*Error)
		if ok && err != nil || !ok && (!is || mistake.Pos.Line != 1001 || mistake.Msg != "the file has 1001 containers, and may have 1000") {
			t.Errorf("%d containers: %v", n, err)
		}
	}
}
