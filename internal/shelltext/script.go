//go:build linux

package shelltext

import (
	"fmt"
	"strconv"
	"strings"

	"ctenv/internal/shellcall"
	"ctenv/internal/wire"
)

// Commands are commands for one shell.
type Commands struct {
	Written []wire.Text // the same as the file has them, where that is not the same

	commands  []wire.Text
	runs      []run    // the same, as they run
	variables []string // "NAME=value", of the shell and not exported
}

// name is how the command of that number is named, from 1.
func (t Commands) name(number int) string {
	if len(t.Written) == len(t.commands) {
		return string(t.Written[number-1])
	}
	return string(t.commands[number-1])
}

// run is what a shell evaluates at once: one command, or several that are one construct.
type run struct {
	number int // of its first command, from 1
	text   string
}

// New gives commands to one shell, several of them joined to one construct as joined says.
// variables are the shell's own, as "NAME=value", and not exported.
func New(commands []wire.Text, joined []wire.Joined, variables []string) Commands {
	t := Commands{commands: commands, variables: variables}
	for i := 1; i <= len(commands); i++ {
		if len(joined) > 0 && joined[0].First == i {
			t.runs = append(t.runs, run{i, string(joined[0].Text)})
			i, joined = joined[0].Last, joined[1:]
			continue
		}
		t.runs = append(t.runs, run{i, string(commands[i-1])})
	}
	return t
}

// Len is how many there are.
func (t Commands) Len() int { return len(t.commands) }

// umaskFunction notes a mask that is set where it is the mask already, which no comparison
// shows at the end. A subshell notes it for itself alone; who saves a mask and sets it again
// sets none. zsh's command finds no builtin, and some shells of BusyBox have no command.
const umaskFunction = shellcall.HeldMask + `=
if [ -n "${ZSH_VERSION-}" ]; then __ctenv_umask() { builtin umask "$@"; }; else __ctenv_umask() { command umask "$@"; }; fi
if __ctenv_umask >/dev/null 2>&1; then
umask() {
__ctenv_was=$(__ctenv_umask)
__ctenv_umask "$@" || return
for __ctenv_arg in "$@"; do
case $__ctenv_arg in -*) ;; *) [ "$__ctenv_was" != "$(__ctenv_umask)" ] || ` + shellcall.HeldMask + `=$__ctenv_was ;; esac
done
}
fi
`

// script runs its parameters, after the first, which is ctenv-init, and reports. The
// commands are no part of its text, so that each stays whole and a syntax error is that
// command's; they are saved first, since a command may use set or shift.
func (t Commands) script(self string) (script string, args []string) {
	var b strings.Builder
	args = []string{self}
	save := func(name, value string) {
		args = append(args, value)
		fmt.Fprintf(&b, "%s=${%d}\n", name, len(args))
	}
	b.WriteString("set -e\n__ctenv_init=$1\n")
	for _, v := range t.variables {
		name, value, _ := strings.Cut(v, "=")
		save(name, value)
	}
	for _, r := range t.runs {
		save("__ctenv_"+strconv.Itoa(r.number), r.text)
	}
	b.WriteString("set --\n")
	// dash has no source; ash has, and refuses to parse a function of that name.
	b.WriteString("command -v source >/dev/null 2>&1 || eval 'source() { . \"$@\"; }'\n")
	b.WriteString(umaskFunction)
	b.WriteString("__ctenv_end() { case $1:$- in 0:*) ;; *e*) exit $1 ;; esac; return $1; }\n")
	fmt.Fprintf(&b, "%s() { { command echo \"$1\" >&%d; } 2>/dev/null || :; return \"$2\"; }\n", shellcall.MarkCommand, shellcall.MarkFD)
	for _, r := range t.runs {
		// Without || after eval, which would turn errexit off within. A command may
		// turn it off for itself and those that follow, which then see its status as $?.
		fmt.Fprintf(&b, "%s %d $?\neval \"$__ctenv_%d\"\n__ctenv_end $?\n", shellcall.MarkCommand, r.number, r.number)
	}
	// Not the last command, which a shell may become: it asks the shell for its limits.
	fmt.Fprintf(&b, "\"$__ctenv_init\" %s %d \"$"+shellcall.HeldMask+"\"\nexit $?\n", DumpArg, shellcall.EndFD)
	return b.String(), args
}

// builtinArgs are the same for the built-in shell.
func (t Commands) builtinArgs() []string {
	args := append(append([]string{shellcall.Commands}, t.variables...), "")
	for _, r := range t.runs {
		args = append(args, strconv.Itoa(r.number), r.text)
	}
	return args
}
