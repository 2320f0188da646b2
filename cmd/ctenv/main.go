// ctenv runs a command in any container image as the person who called it.
package main

import (
	"context"
	"os"

	"ctenv/internal/cli"
)

// Both are set by the linker.
var (
	version = "dev"
	commit  string
)

func main() {
	os.Exit(cli.Main(context.Background(), os.Args[1:], cli.Env{
		Environ: os.Environ(), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Version: version, Commit: commit, Argv0: os.Args[0], Process: true,
		SystemFile: "/etc/ctenv.toml",
	}))
}
