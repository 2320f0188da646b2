package shelljoin

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"ctenv/internal/wire"
)

func TestJoinCommands(t *testing.T) {
	for name, tt := range map[string]struct {
		commands []string
		want     []wire.Joined
	}{
		"each by itself": {[]string{"a", "if b; then c; fi", "# not \\", `echo a\\`, "", "cat <<E\nE"}, nil},
		"if": {[]string{"a", "if true; then", "b", "c", "fi", "d"}, []wire.Joined{{First: 2, Last: 5,
			Text: "if true; then\n__ctenv_mark 3 $? && :; b\n__ctenv_mark 4 $? && :; c\nfi\n"}}},
		"what follows it in its last command": {[]string{"for i in 1 2; do", "b; c", "done; d"}, []wire.Joined{{First: 1, Last: 3,
			Text: "for i in 1 2; do\n__ctenv_mark 2 $? && :; b; c\ndone; __ctenv_mark 3 $? && :; d\n"}}},
		"a condition keeps its status": {[]string{"while", "a", "do", "b", "done"}, []wire.Joined{{First: 1, Last: 5,
			Text: "while\na\ndo\n__ctenv_mark 4 $? && :; b\ndone\n"}}},
		"case":                  {[]string{"case x in", "x) a;;", "esac"}, []wire.Joined{{First: 1, Last: 3, Text: "case x in\nx) __ctenv_mark 2 $? && :; a;;\nesac\n"}}},
		"here-document":         {[]string{"cat <<E", "  if", "E", "a"}, []wire.Joined{{First: 1, Last: 3, Text: "cat <<E\n  if\nE\n"}}},
		"here-document, quoted": {[]string{"cat <<'E F'", `x \`, "E F"}, []wire.Joined{{First: 1, Last: 3, Text: "cat <<'E F'\nx \\\nE F\n"}}},
		"backslash":             {[]string{`mkdir a \`, "b", `c \\\`, "d"}, []wire.Joined{{First: 1, Last: 2, Text: "mkdir a \\\nb\n"}, {First: 3, Last: 4, Text: "c \\\\\\\nd\n"}}},
		"a function's body":     {[]string{"f() {", "a", "}", "f"}, []wire.Joined{{First: 1, Last: 3, Text: "f() {\na\n}\n"}}},
		"quotes":                {[]string{"a 'x", "y'"}, []wire.Joined{{First: 1, Last: 2, Text: "a 'x\ny'\n"}}},
		"&& at the end":         {[]string{"a &&", "b"}, []wire.Joined{{First: 1, Last: 2, Text: "a &&\nb\n"}}},
		"never complete":        {[]string{"a", "if", "b"}, nil},
		"wrong in the middle":   {[]string{"if true; then", "fi", "b"}, nil},
		"two in a row": {[]string{"if a; then", "fi <x", "if a", "then b; fi"}, []wire.Joined{{First: 3, Last: 4,
			Text: "if a\nthen __ctenv_mark 4 $? && :; b; fi\n"}}},
		"several lines in a command": {[]string{"if a\nthen", "b\nc", "fi\nd"}, []wire.Joined{{First: 1, Last: 3,
			Text: "if a\nthen\n__ctenv_mark 2 $? && :; b\nc\nfi\n__ctenv_mark 3 $? && :; d\n"}}},
		"bytes": {[]string{"if a; then # caf\xe9", "é b", "fi"}, []wire.Joined{{First: 1, Last: 3, Text: "if a; then # caf\xe9\n__ctenv_mark 2 $? && :; é b\nfi\n"}}},
	} {
		if got := Commands(wire.Texts(tt.commands)); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %s\n got %+q\nwant %+q", name, strings.Join(tt.commands, " | "), fmt.Sprint(got), fmt.Sprint(tt.want))
		}
	}
}
