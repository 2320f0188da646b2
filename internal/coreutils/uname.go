//go:build linux

package coreutils

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// uname [-asnrvmo]
func uname(c *Call, o options, _ []string) {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		c.failf("%v", err)
		return
	}
	if len(o) == 0 {
		o.set('s', "")
	}
	var fields []string
	for _, f := range []struct {
		letter byte
		text   string
	}{
		{'s', unix.ByteSliceToString(u.Sysname[:])},
		{'n', unix.ByteSliceToString(u.Nodename[:])},
		{'r', unix.ByteSliceToString(u.Release[:])},
		{'v', unix.ByteSliceToString(u.Version[:])},
		{'m', unix.ByteSliceToString(u.Machine[:])},
		{'o', "GNU/Linux"},
	} {
		if o.has(f.letter, 'a') {
			fields = append(fields, f.text)
		}
	}
	fmt.Fprintln(c.Stdout, strings.Join(fields, " "))
}
