//go:build linux

package saferoot

import (
	"strconv"
	"strings"
)

// MountPoints reads the fifth field of each line of mountinfo, in which blanks
// and backslashes are written as three octal digits.
func MountPoints(info string) []string {
	var points []string
	for line := range strings.Lines(info) {
		f := strings.Fields(line)
		if len(f) < 5 {
			continue
		}
		var point strings.Builder
		for s := f[4]; s != ""; s = s[1:] {
			if s[0] == '\\' && len(s) >= 4 {
				if n, err := strconv.ParseUint(s[1:4], 8, 8); err == nil {
					point.WriteByte(byte(n))
					s = s[3:]
					continue
				}
			}
			point.WriteByte(s[0])
		}
		points = append(points, point.String())
	}
	return points
}
