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

// mkdir [-pv] [-m MODE] DIR...
func mkdir(c *Call, o options, directories []string) {
	for _, name := range directories {
		if err := c.makeDir(name, o); err != nil {
			c.fail(name, err)
		}
	}
}

func (c *Call) makeDir(name string, o options) error {
	path := c.path(name)
	var mode func(uint32, bool) uint32
	if o.has('m') {
		var err error
		if mode, err = parseMode(o.value('m'), Umask()); err != nil {
			return err
		}
	}
	if o.has('p') {
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			return nil
		}
		if err := makeParents(path); err != nil {
			return err
		}
	}
	err := os.Mkdir(path, 0o777)
	if o.has('p') && errors.Is(err, fs.ErrExist) {
		info, statErr := os.Stat(path)
		if statErr == nil && info.IsDir() { // somebody else was quicker
			return nil
		}
	}
	if err != nil {
		return err
	}
	c.verbosely(o, "mkdir: created directory '%s'", name)
	if mode == nil {
		return nil
	}
	return os.Chmod(path, fileMode(mode(0o777, true)))
}

// makeParents makes what is missing above path, a part after the other: in
// "new/../x" the first has to be there for the second.
func makeParents(path string) error {
	path = strings.TrimRight(path, "/")
	for i := 1; i < len(path); i++ {
		if path[i] != '/' {
			continue
		}
		err := os.Mkdir(path[:i], 0o777)
		if info, statErr := os.Stat(path[:i]); err != nil && (statErr != nil || !info.IsDir()) {
			return err
		}
	}
	return nil
}

// rmdir [-pv] DIR...
func rmdir(c *Call, o options, directories []string) {
	for _, name := range directories {
		for {
			if err := unix.Rmdir(c.path(name)); err != nil {
				c.fail(name, err)
				break
			}
			parent := filepath.Dir(name)
			if !o.has('p') || parent == "." || parent == "/" {
				break
			}
			name = parent
		}
	}
}
