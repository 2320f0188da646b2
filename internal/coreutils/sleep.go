//go:build linux

package coreutils

import (
	"strconv"
	"strings"
	"time"
)

// sleep NUMBER[smhd]...
func sleep(c *Call, _ options, operands []string) {
	units := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour}
	var total time.Duration
	for _, text := range operands {
		number, unit := text, time.Second
		if n := len(text); n > 0 && units[text[n-1]] != 0 {
			number, unit = text[:n-1], units[text[n-1]]
		}
		value, err := strconv.ParseFloat(number, 64)
		if strings.EqualFold(number, "infinity") || strings.EqualFold(number, "inf") {
			value = float64(100*365*24*time.Hour) / float64(unit)
		} else if err != nil || !(value >= 0) {
			c.failf("%q is no time", text)
			return
		}
		total += time.Duration(min(value*float64(unit), float64(100*365*24*time.Hour)))
	}
	time.Sleep(total)
}
