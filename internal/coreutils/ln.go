//go:build linux

package coreutils

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// ln [-sfnvT] [-t DIR] TARGET... [NAME]
func ln(c *Call, o options, operands []string) {
	if len(operands) == 1 && !o.has('t', 'T') {
		operands = append(operands, ".")
	}
	for _, t := range c.transfers(o, operands) {
		if err := c.link(t, o); err != nil {
			c.fail(t.to, err)
			continue
		}
		c.verbosely(o, "'%s' -> '%s'", t.to, t.from)
	}
}

func (c *Call) link(t transfer, o options) error {
	name := c.path(t.to)
	target := t.from // a symlink's text is not ours to resolve
	if !o.has('s') {
		target = c.path(t.from)
	}
	if o.has('f') {
		info, err := os.Lstat(name)
		if err == nil && !o.has('s') {
			if source, err := os.Lstat(target); err != nil {
				return err
			} else if os.SameFile(info, source) {
				return fmt.Errorf("%q is the same file", t.from)
			}
		}
		if err == nil {
			if err := os.Remove(name); err != nil {
				return err
			}
		}
	}
	if o.has('s') {
		return os.Symlink(target, name)
	}
	return os.Link(target, name)
}

// readlink [-fnm] NAME...; -f gives the path without any symlink.
func readlink(c *Call, o options, names []string) {
	for _, name := range names {
		text, err := c.readlinkOne(name, o.has('f'))
		if err != nil {
			c.status = 1 // readlink says nothing
			continue
		}
		fmt.Fprint(c.Stdout, text)
		if !o.has('n') || len(names) > 1 {
			fmt.Fprintln(c.Stdout)
		}
	}
}

func (c *Call) readlinkOne(name string, canonical bool) (string, error) {
	path := c.path(name)
	if !canonical {
		return os.Readlink(path)
	}
	for range maxLinks {
		resolved, err := filepath.EvalSymlinks(path)
		if !os.IsNotExist(err) {
			return resolved, err
		}
		// All but the last part has to be there, of what a symlink leads to as well.
		parent, err := filepath.EvalSymlinks(filepath.Dir(path))
		if err != nil {
			return "", err
		}
		path = filepath.Join(parent, filepath.Base(path))
		target, err := os.Readlink(path)
		if err != nil {
			return path, nil
		}
		if !filepath.IsAbs(target) {
			target = parent + "/" + target
		}
		path = target
	}
	return "", unix.ELOOP
}

// maxLinks is how many symlinks the kernel follows in one path (path_resolution(7)).
const maxLinks = 40
