//go:build linux

package coreutils

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// touch [-acm] [-d TIME] [-r FILE] FILE...
func touch(c *Call, o options, names []string) {
	times, err := c.touchTimes(o)
	if err != nil {
		c.failf("%v", err)
		return
	}
	for _, name := range names {
		path := c.path(name)
		err := unix.UtimesNanoAt(unix.AT_FDCWD, path, times, 0)
		if errors.Is(err, unix.ENOENT) {
			if o.has('c') {
				continue
			}
			var f *os.File
			if f, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o666); err == nil {
				f.Close()
				err = unix.UtimesNanoAt(unix.AT_FDCWD, path, times, 0)
			}
		}
		if err != nil {
			c.fail(name, err)
		}
	}
}

// touchTimes are the access and modification time to set (utimensat(2)).
func (c *Call) touchTimes(o options) ([]unix.Timespec, error) {
	now := unix.Timespec{Nsec: unix.UTIME_NOW}
	times := []unix.Timespec{now, now}
	switch {
	case o.has('d'):
		at, err := parseTime(o.value('d'))
		if err != nil {
			return nil, err
		}
		ts := unix.NsecToTimespec(at.UnixNano())
		times = []unix.Timespec{ts, ts}
	case o.has('r'):
		var st unix.Stat_t
		if err := unix.Stat(c.path(o.value('r')), &st); err != nil {
			return nil, fmt.Errorf("%q: %w", o.value('r'), err)
		}
		times = []unix.Timespec{st.Atim, st.Mtim}
	}
	if o.has('a', 'm') {
		omit := unix.Timespec{Nsec: unix.UTIME_OMIT}
		if !o.has('a') {
			times[0] = omit
		}
		if !o.has('m') {
			times[1] = omit
		}
	}
	return times, nil
}

// parseTime reads the exact ones among GNU's forms; without a zone it is local.
func parseTime(text string) (time.Time, error) {
	if seconds, ok := strings.CutPrefix(text, "@"); ok {
		if n, err := strconv.ParseInt(seconds, 10, 64); err == nil {
			return time.Unix(n, 0), nil
		}
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("time %q is not of the form 2006-01-02 15:04:05 or @SECONDS", text)
}
