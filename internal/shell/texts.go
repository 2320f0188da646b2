//go:build linux

package shell

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"ctenv/internal/shellcall"
)

// runTexts runs commands in one shell, each with errexit anew, reports each before
// it runs and the environment and the folder after all, and returns the exit status.
func runTexts(self, texts, env []string) int {
	// One file behind both descriptors, and none for the commands.
	unix.CloseOnExec(shellcall.MarkFD)
	unix.CloseOnExec(shellcall.EndFD)
	report := os.NewFile(shellcall.MarkFD, "report")
	fail := func(err error) int {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		return 1
	}
	sh, err := New(self, env, os.Stdin, os.Stdout, os.Stderr)
	if err != nil {
		return fail(err)
	}
	for i, text := range texts {
		if err := shellcall.Begin(report, i+1); err != nil {
			return fail(err)
		}
		if err := sh.Set("-e"); err != nil {
			return fail(err)
		}
		status, ended := sh.Eval(text, name)
		if ended {
			return status
		}
		if status != 0 {
			return sh.End(status)
		}
	}
	if err := shellcall.End(report, sh.Dir(), sh.Environ()); err != nil {
		return fail(err)
	}
	return sh.End(0)
}
