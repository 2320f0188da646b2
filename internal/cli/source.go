package cli

import (
	"os"

	"ctenv/internal/config"
)

// commandLine is the place of values from flags; relative paths in them belong
// to the current directory.
func commandLine() (config.Pos, error) {
	cwd, err := os.Getwd()
	return config.Pos{Source: &config.Source{Name: "command line", Dir: cwd}}, err
}
