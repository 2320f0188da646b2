// Command ctenv-shell is the shell of images that have none. ctenv-init carries it
// and is its name for others: what it starts again is ctenv-init.
package main

import (
	"os"

	"ctenv/internal/shell"
)

func main() { os.Exit(shell.Main(os.Args, os.Environ())) }
