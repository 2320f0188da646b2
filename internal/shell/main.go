//go:build linux

package shell

import (
	"fmt"
	"os"

	"ctenv/internal/shellcall"
)

// Main runs the program: args[0] is the path that starts it again, then comes a
// word of package shellcall with what it takes. It returns the exit status.
func Main(args, env []string) int {
	dieBySignals()
	if len(args) > 2 && args[1] == shellcall.Commands {
		return runTexts([]string{args[0], shellcall.Shell}, args[2:], env)
	}
	if len(args) > 1 && args[1] == shellcall.Shell {
		return run(args[:2], args[2:], env)
	}
	fmt.Fprintln(os.Stderr, "ctenv-shell: ctenv-init starts this program, it is not for use by hand")
	return syntaxStatus
}

// run is the command sh, with the arguments "-c TEXT [NAME [PARAMETER...]]" or
// "FILE [PARAMETER...]", options of set before them. It returns the exit status;
// 127 is a FILE that cannot be read.
func run(self, args, env []string) int {
	sh, err := New(self, env, os.Stdin, os.Stdout, os.Stderr)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		return 1
	}
	text, isText := "", false
	for len(args) > 0 && len(args[0]) > 1 && (args[0][0] == '-' || args[0][0] == '+') {
		flag := args[0]
		args = args[1:]
		if flag == "--" {
			break
		}
		if flag[0] == '-' && flag[len(flag)-1] == 'c' { // -ec and its like too
			isText = true
			flag = flag[:len(flag)-1]
		}
		if flag == "-" {
			continue
		}
		if err := sh.Set(flag); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
			return syntaxStatus
		}
	}
	if len(args) == 0 {
		fmt.Fprintf(os.Stderr, "%s: it runs -c TEXT or a FILE, and is not interactive\n", name)
		return syntaxStatus
	}
	first, called := args[0], name
	args = args[1:]
	if isText {
		text = first
		if len(args) > 0 {
			called, args = args[0], args[1:]
		}
	} else {
		data, err := os.ReadFile(first)
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
			return 127
		}
		text, called = string(data), first
	}
	if err := sh.Set(append([]string{"--"}, args...)...); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		return syntaxStatus
	}
	status, ended := sh.eval(text, called, isText)
	if ended {
		return status // the trap has run
	}
	return sh.End(status)
}
