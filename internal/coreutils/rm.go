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
func rm(c *Call, o options, operands []string) {
	if len(operands) == 0 && !o.has('f') {
		c.failf("nothing to remove is named")
	}
	for _, name := range operands {
		if err := c.remove(name, o); err != nil && !(o.has('f') && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR))) {
			c.fail(name, err)
		}
	}
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
	bare := strings.TrimRight(path, "/")
	if link, err := os.Lstat(bare); recursive && err == nil && link.Mode()&fs.ModeSymlink != 0 && bare != path {
		return removeContents(path)
	}
	switch {
	case info.IsDir() && recursive:
		err = os.RemoveAll(bare)
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

// removeContents does what the others do for "link/": the slash means the directory
// that the link leads to, which can be emptied, but not removed by that name.
func removeContents(directory string) error {
	entries, err := os.ReadDir(directory)
	for _, entry := range entries {
		err = errors.Join(err, os.RemoveAll(directory+entry.Name()))
	}
	if err != nil {
		return err
	}
	return unix.ENOTDIR
}

func lastPart(name string) string {
	name = strings.TrimRight(name, "/")
	return name[strings.LastIndexByte(name, '/')+1:]
}
