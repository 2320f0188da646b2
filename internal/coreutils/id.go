//go:build linux

package coreutils

import (
	"fmt"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"
)

// id [-u|-g|-G] [-nr] [USER]
func id(c *Call, o options, operands []string) {
	uid, gid, groups := os.Geteuid(), os.Getegid(), []int(nil)
	if o.has('r') {
		uid, gid = os.Getuid(), os.Getgid()
	}
	if len(operands) > 0 {
		var err error
		if uid, gid, groups, err = accountOf(operands[0]); err != nil {
			c.failf("%v", err)
			return
		}
	} else if all, err := os.Getgroups(); err == nil {
		groups = all
	}
	groups = slices.DeleteFunc(groups, func(g int) bool { return g == gid })
	groups = append([]int{gid}, groups...)

	userText, groupText := numberAndName(userName), numberAndName(groupName)
	plain := strconv.Itoa
	if o.has('n') {
		userText, groupText = userName, groupName
	} else if o.has('u', 'g', 'G') {
		userText, groupText = plain, plain
	}
	var list []string
	for _, g := range groups {
		list = append(list, groupText(g))
	}
	switch {
	case o.has('u'):
		fmt.Fprintln(c.Stdout, userText(uid))
	case o.has('g'):
		fmt.Fprintln(c.Stdout, groupText(gid))
	case o.has('G'):
		fmt.Fprintln(c.Stdout, strings.Join(list, " "))
	case o.has('n'):
		c.failf("option -n takes one of -u, -g, -G")
	default:
		fmt.Fprintf(c.Stdout, "uid=%s gid=%s groups=%s\n", userText(uid), groupText(gid), strings.Join(list, ","))
	}
}

// whoami is id -un, except that a uid without a name is an error.
func whoami(c *Call, _ options, operands []string) {
	if len(operands) > 0 {
		c.status = 1
		return
	}
	uid := os.Geteuid()
	if _, err := user.LookupId(strconv.Itoa(uid)); err != nil {
		c.failf("uid %d has no name here", uid)
		return
	}
	fmt.Fprintln(c.Stdout, userName(uid))
}

func accountOf(name string) (uid, gid int, groups []int, err error) {
	u, err := user.Lookup(name)
	if err != nil {
		if u, err = user.LookupId(name); err != nil {
			return 0, 0, nil, fmt.Errorf("user %q is not known here", name)
		}
	}
	ids, err := u.GroupIds()
	if err != nil {
		return 0, 0, nil, err
	}
	for _, text := range append([]string{u.Uid, u.Gid}, ids...) {
		n, err := strconv.Atoi(text)
		if err != nil {
			return 0, 0, nil, err
		}
		groups = append(groups, n)
	}
	return groups[0], groups[1], groups[2:], nil
}

func userName(uid int) string {
	owner, _ := ownerNames(strconv.Itoa(uid), "")
	return owner
}

func groupName(gid int) string {
	_, group := ownerNames("", strconv.Itoa(gid))
	return group
}

func numberAndName(name func(int) string) func(int) string {
	return func(id int) string {
		number := strconv.Itoa(id)
		if n := name(id); n != number {
			return number + "(" + n + ")"
		}
		return number
	}
}
