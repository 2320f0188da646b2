//go:build linux

package coreutils

import (
	"io/fs"
	"os"
	"strings"
)

// chmod [-Rfv] MODE FILE...; -R leaves symlinks alone.
func chmod(c *Call) int {
	// A mode such as -w looks like an option.
	for i, arg := range c.Args {
		if arg == "--" {
			break
		}
		if len(arg) > 1 && arg[0] == '-' && strings.Trim(arg[1:], "rwxXstugoa,+-=") == "" {
			c.Args = append(append(append([]string{}, c.Args[:i]...), "--"), c.Args[i:]...)
			break
		}
	}
	o, operands, ok := c.parse("Rfv", map[string]byte{"recursive": 'R', "silent": 'f', "quiet": 'f', "verbose": 'v'}, 2)
	if !ok {
		return 1
	}
	mode, err := parseMode(operands[0], umask())
	if err != nil {
		c.failf("%v", err)
		return 1
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
	return 0
}
