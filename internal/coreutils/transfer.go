//go:build linux

package coreutils

import (
	"os"
	"path/filepath"
	"strings"
)

// transfer is one source with its destination, both as the user wrote them.
type transfer struct{ from, to string }

// transfers pairs the operands of cp, mv and ln: a file and its new name, or files
// and the directory that they go to. The options are -t DIR, -T (the last is no
// directory) and, for ln, -n (a link to a directory is none). None are a mistake.
func (c *Call) transfers(o options, operands []string) (all []transfer) {
	directory, sources := o.value('t'), operands
	if !o.has('t') {
		if len(operands) < 2 {
			c.failf("%q goes nowhere: name a destination", operands[0])
			return nil
		}
		last := operands[len(operands)-1]
		sources = operands[:len(operands)-1]
		if o.has('T') || !c.isDir(last, o.has('n') && c.Name == "ln") {
			if len(sources) > 1 {
				c.failf("%q: not a directory", last)
				return nil
			}
			return []transfer{{sources[0], last}}
		}
		directory = last
	}
	for _, from := range sources {
		all = append(all, transfer{from, strings.TrimSuffix(directory, "/") + "/" + filepath.Base(from)})
	}
	return all
}

func (c *Call) isDir(name string, noFollow bool) bool {
	stat := os.Stat
	if noFollow {
		stat = os.Lstat
	}
	info, err := stat(c.path(name))
	return err == nil && info.IsDir()
}
