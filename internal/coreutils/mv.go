//go:build linux

package coreutils

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// mv [-fnvT] [-t DIR] FILE... [DESTINATION]
func mv(c *Call, o options, operands []string) {
	for _, t := range c.transfers(o, operands) {
		if err := c.move(t, o); err != nil {
			c.fail(t.from, err)
		}
	}
}

func (c *Call) move(t transfer, o options) error {
	from, to := c.path(t.from), c.path(t.to)
	old, err := os.Lstat(to)
	if err == nil && o.has('n') {
		return nil
	}
	if info, statErr := os.Lstat(from); statErr == nil && err == nil {
		if os.SameFile(info, old) {
			return fmt.Errorf("%q is the same file", t.to)
		}
		// rename(2) refuses these too, with less clear words.
		if old.IsDir() && !info.IsDir() {
			return fmt.Errorf("%q is a directory, which a file cannot replace", t.to)
		}
	}
	err = unix.Rename(from, to)
	if errors.Is(err, unix.EXDEV) {
		err = c.moveAcross(t, old)
	}
	if err == nil {
		c.verbosely(o, "renamed '%s' -> '%s'", t.from, t.to)
	}
	return err
}

// moveAcross copies to another file system and removes the original, once all of
// it has arrived.
func (c *Call) moveAcross(t transfer, old fs.FileInfo) error {
	if old != nil {
		if err := os.Remove(c.path(t.to)); err != nil {
			return err
		}
	}
	status := c.status
	c.status = 0
	p := copier{c: c, links: map[[2]uint64]string{}, recursive: true, preserve: true}
	p.copy(t.from, t.to)
	if c.status != 0 {
		return errors.New("it stays, because not all of it could be copied")
	}
	c.status = status
	return os.RemoveAll(c.path(t.from))
}
