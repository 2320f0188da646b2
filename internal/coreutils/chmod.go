//go:build linux

package coreutils

import (
	"io/fs"
	"os"
	"slices"
	"strings"
)

// chmod [-Rfv] MODE FILE...; -R leaves symlinks alone.
func chmod(c *Call, o options, operands []string) {
	mode, err := parseMode(operands[0], Umask())
	if err != nil {
		c.failf("%v", err)
		return
	}
	change := func(in files, name string, info fs.FileInfo) error {
		if info.Mode()&fs.ModeSymlink != 0 {
			return nil
		}
		return in.Chmod(name, fileMode(mode(bits(info.Mode()), info.IsDir())))
	}
	for _, name := range operands[1:] {
		info, err := os.Stat(c.path(name))
		switch {
		case err != nil:
			c.fail(name, err)
		case o.has('R'):
			c.walk(system{}, c.path(name), name, info, change)
		default:
			if err := change(system{}, c.path(name), info); err != nil {
				c.fail(name, err)
			}
		}
	}
}

// modeArgs keeps a mode such as -w, which looks like an option, from being one.
func modeArgs(args []string) []string {
	for i, arg := range args {
		if arg == "--" {
			break
		}
		if len(arg) > 1 && arg[0] == '-' && strings.Trim(arg[1:], "rwxXstugoa,+-=") == "" {
			return slices.Insert(slices.Clone(args), i, "--")
		}
	}
	return args
}
