//go:build linux

package coreutils

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// rm [-rRdfv] FILE...; -r goes through no symlink. It refuses /, . and .. .
func rm(c *Call) int {
	o, operands, ok := c.parse("rRdfv", map[string]byte{"recursive": 'r', "dir": 'd', "force": 'f', "verbose": 'v'}, 0)
	if !ok {
		return 1
	}
	if len(operands) == 0 && !o.has('f') {
		c.failf("nothing to remove is named")
	}
	for _, name := range operands {
		if err := c.remove(name, o); err != nil && !(o.has('f') && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR))) {
			c.fail(name, err)
		}
	}
	return 0
}

var errRefused = errors.New("not removed: this is never meant")

func (c *Call) remove(name string, o options) error {
	path := c.path(name)
	switch base := filepath.Base(name); {
	case name == "":
		return unix.ENOENT
	case strings.Trim(name, "/") == "", base == "/", lastPart(name) == ".", base == "..", filepath.Clean(path) == "/":
		return errRefused
	}
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	recursive := o.has('r', 'R')
	switch {
	case info.IsDir() && recursive:
		err = os.RemoveAll(strings.TrimRight(path, "/"))
	case info.IsDir() && !o.has('d'):
		return unix.EISDIR
	default:
		err = os.Remove(path)
	}
	if err == nil {
		c.verbosely(o, "removed '%s'", name)
	}
	return err
}

func lastPart(name string) string {
	name = strings.TrimRight(name, "/")
	return name[strings.LastIndexByte(name, '/')+1:]
}
