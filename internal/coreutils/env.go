//go:build linux

package coreutils

import (
	"fmt"
	"strings"
)

// env [-i0] [-u NAME] [NAME=VALUE...] [COMMAND [ARGUMENT...]]. What is wrong with
// the options ends with 125.
func env(c *Call, o options, operands []string) {
	if len(operands) > 0 && operands[0] == "-" {
		o.set('i', "")
		operands = operands[1:]
	}
	var vars []string
	if !o.has('i') {
		vars = append(vars, c.Env...)
	}
	for _, name := range o['u'] {
		vars = without(vars, name)
	}
	for len(operands) > 0 {
		name, _, assigns := strings.Cut(operands[0], "=")
		if !assigns {
			c.status = c.Exec(operands, vars)
			return
		}
		vars = append(without(vars, name), operands[0])
		operands = operands[1:]
	}
	end := "\n"
	if o.has('0') {
		end = "\x00"
	}
	for _, kv := range vars {
		fmt.Fprint(c.Stdout, kv, end)
	}
}

func without(vars []string, name string) []string {
	var rest []string
	for _, kv := range vars {
		if n, _, _ := strings.Cut(kv, "="); n != name {
			rest = append(rest, kv)
		}
	}
	return rest
}
