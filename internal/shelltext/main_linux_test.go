package shelltext

import (
	"fmt"
	"os"
	"testing"

	"ctenv/internal/scratchroot"
	"ctenv/internal/shell"
	"ctenv/internal/shellcall"
)

// The test binary is also ctenv-init, which shells call at their end, and the built-in
// shell, which ctenv-init embeds.
func TestMain(m *testing.M) {
	switch args := os.Args; {
	case len(args) > 1 && (args[1] == shellcall.Shell || args[1] == shellcall.Commands):
		os.Exit(shell.Main(args, os.Environ()))
	case len(args) == 4 && args[1] == DumpArg:
		if err := Dump(args[2], args[3], os.Environ()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(scratchroot.Main(m))
}
