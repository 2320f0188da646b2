//go:build linux

package coreutils

import (
	"fmt"
	"path/filepath"
	"strings"
)

// basename NAME [SUFFIX]
func basename(c *Call) int {
	_, operands, ok := c.parse("+", nil, 1)
	if !ok {
		return 1
	}
	base := filepath.Base(operands[0])
	if operands[0] == "" {
		base = ""
	}
	if len(operands) > 1 && base != operands[1] {
		base = strings.TrimSuffix(base, operands[1])
	}
	fmt.Fprintln(c.Stdout, base)
	return 0
}

// dirname NAME...
func dirname(c *Call) int {
	_, operands, ok := c.parse("", nil, 1)
	if !ok {
		return 1
	}
	for _, name := range operands {
		fmt.Fprintln(c.Stdout, parentOf(name))
	}
	return 0
}

// parentOf cuts the last part off and cleans nothing else.
func parentOf(name string) string {
	trimmed := strings.TrimRight(name, "/")
	slash := strings.LastIndexByte(trimmed, '/')
	switch {
	case trimmed == "" && name != "":
		return "/"
	case slash < 0:
		return "."
	}
	if parent := strings.TrimRight(trimmed[:slash], "/"); parent != "" {
		return parent
	}
	return "/"
}
