//go:build linux

package coreutils

import (
	"fmt"
	"path/filepath"
	"strings"
)

// basename NAME [SUFFIX]
func basename(c *Call, _ options, operands []string) {
	base := filepath.Base(operands[0])
	if operands[0] == "" {
		base = ""
	}
	if len(operands) > 1 && base != operands[1] {
		base = strings.TrimSuffix(base, operands[1])
	}
	fmt.Fprintln(c.Stdout, base)
}

// dirname NAME...
func dirname(c *Call, _ options, operands []string) {
	for _, name := range operands {
		fmt.Fprintln(c.Stdout, parentOf(name))
	}
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
