//go:build linux

package coreutils

import (
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"strings"
)

// chown [-RhfvP] [OWNER][:[GROUP]] FILE...; -R changes symlinks themselves and
// goes through none, not even a named one.
func chown(c *Call, o options, operands []string) { c.changeOwner(o, operands, parseOwner) }

// chgrp [-RhfvP] GROUP FILE...
func chgrp(c *Call, o options, operands []string) {
	c.changeOwner(o, operands, func(group string) (uid, gid int, err error) {
		gid, err = groupID(group)
		return -1, gid, err
	})
}

func (c *Call) changeOwner(o options, operands []string, parse func(string) (uid, gid int, err error)) {
	uid, gid, err := parse(operands[0])
	if err != nil {
		c.failf("%v", err)
		return
	}
	for _, name := range operands[1:] {
		path := c.path(name)
		var err error
		switch {
		case o.has('R'):
			var info fs.FileInfo
			if info, err = os.Lstat(path); err == nil {
				c.walk(system{}, path, name, info, func(in files, name string, _ fs.FileInfo) error {
					return in.Lchown(name, uid, gid)
				})
			}
		case o.has('h'):
			err = os.Lchown(path, uid, gid)
		default:
			err = os.Chown(path, uid, gid)
		}
		if err != nil {
			c.fail(name, err)
		}
	}
}

// parseOwner reads OWNER, OWNER:GROUP, OWNER: (its login group) and :GROUP; -1 is
// unchanged.
func parseOwner(text string) (uid, gid int, err error) {
	name, group, grouped := strings.Cut(text, ":")
	uid, gid = -1, -1
	if name != "" {
		u, lookup := user.Lookup(name)
		switch {
		case lookup == nil:
			uid, err = strconv.Atoi(u.Uid)
		case !isNumber(name):
			return 0, 0, fmt.Errorf("user %q is not known here", name)
		default:
			uid, err = strconv.Atoi(name)
		}
		if err != nil {
			return 0, 0, err
		}
		if grouped && group == "" {
			if lookup != nil {
				return 0, 0, fmt.Errorf("user %q has no login group here", name)
			}
			gid, err = strconv.Atoi(u.Gid)
			return uid, gid, err
		}
	}
	if group != "" {
		gid, err = groupID(group)
	}
	return uid, gid, err
}

func groupID(name string) (int, error) {
	if g, err := user.LookupGroup(name); err == nil {
		return strconv.Atoi(g.Gid)
	}
	if !isNumber(name) {
		return 0, fmt.Errorf("group %q is not known here", name)
	}
	return strconv.Atoi(name)
}

// isNumber says that text can be an id; 2³²-1 means "unchanged" to chown(2).
func isNumber(text string) bool {
	n, err := strconv.ParseUint(text, 10, 32)
	return err == nil && n != 1<<32-1
}
