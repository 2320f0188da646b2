package config

import (
	"fmt"
	"strconv"
	"strings"
)

// UlimitNames are the limits that container engines know, see setrlimit(2).
var UlimitNames = []string{
	"core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice",
	"nofile", "nproc", "rss", "rtprio", "rttime", "sigpending", "stack",
}

// ParseUlimit reads "SOFT" or "SOFT:HARD", where each is a number, -1 or
// "unlimited". Both limits are -1 for unlimited; one number is both.
func ParseUlimit(text string) (soft, hard int64, err error) {
	first, second, two := strings.Cut(text, ":")
	if soft, err = parseLimit(first); err != nil {
		return 0, 0, err
	}
	if !two {
		return soft, soft, nil
	}
	if hard, err = parseLimit(second); err != nil {
		return 0, 0, err
	}
	if hard != -1 && (soft == -1 || soft > hard) {
		return 0, 0, fmt.Errorf("the soft limit %s is above the hard limit %s", first, second)
	}
	return soft, hard, nil
}

func parseLimit(text string) (int64, error) {
	if text == "unlimited" {
		return -1, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < -1 {
		return 0, fmt.Errorf("%q is no limit: a number, -1 or \"unlimited\"", text)
	}
	return n, nil
}
