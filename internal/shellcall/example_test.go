package shellcall_test

import (
	"bytes"
	"fmt"

	"ctenv/internal/shellcall"
)

// A shell writes as it goes, and ctenv-init reads what it came to.
func Example() {
	var report bytes.Buffer
	_ = shellcall.Begin(&report, 1)
	_ = shellcall.Begin(&report, 2)
	_ = shellcall.End(&report, shellcall.State{Cwd: "/repo", Umask: 0o022, Environ: []string{"PATH=/venv/bin:/bin"}})

	begun, after, err := shellcall.Read(bytes.NewReader(report.Bytes()))
	fmt.Println(begun, after.Cwd, after.Environ, err)
	// Output: 2 /repo [PATH=/venv/bin:/bin] <nil>
}
