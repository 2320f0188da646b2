package shim_test

import (
	"fmt"
	"os"
	"path/filepath"

	"ctenv/internal/shim"
)

// A link is called by the name of a program, and says in which container it runs.
func Example() {
	dir, err := os.MkdirTemp("", "shim-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	if err := shim.Make("", dir, "gcc 14", []string{"make"}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(shim.Line(filepath.Join(dir, "make"), []string{"-j4"}))
	fmt.Println(shim.Line("/usr/bin/make", nil))
	fmt.Println(shim.IsProgram("make"), shim.IsProgram("bin/make"), shim.IsProgram("ctenv"))
	// Output:
	// [exec gcc 14 -- make -j4] true <nil>
	// [] false <nil>
	// true false false
}
