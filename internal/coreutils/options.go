//go:build linux

package coreutils

import (
	"slices"
	"strings"
)

// options are what a command line sets: the letter of each option, with the values
// it was given, in order.
type options map[byte][]string

func (o options) has(letters ...byte) bool {
	return slices.ContainsFunc(letters, func(letter byte) bool { return len(o[letter]) > 0 })
}

// value is an option's last value.
func (o options) value(letter byte) string {
	if values := o[letter]; len(values) > 0 {
		return values[len(values)-1]
	}
	return ""
}

func (o options) set(letter byte, value string) { o[letter] = append(o[letter], value) }

// letter is what a long option stands for, 0 for none.
func (u utility) letter(name string) byte {
	for word := range strings.FieldsSeq(u.long) {
		if long, letter, _ := strings.Cut(word, "="); long == name {
			return letter[0]
		}
	}
	return 0
}

// parse reads the options by the rules of getopt_long(3): u.short holds the letters,
// each with a ":" behind it when it takes a value, and a leading "+" when operands
// end the options. What is wrong is written, and ok is false.
func (c *Call) parse(u utility) (o options, operands []string, ok bool) {
	short := u.short
	inOrder := strings.HasPrefix(short, "+")
	o = options{}
	args := c.Args
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		switch {
		case arg == "--":
			operands, args = append(operands, args...), nil
		case len(arg) < 2 || arg[0] != '-':
			operands = append(operands, arg)
			if inOrder {
				operands, args = append(operands, args...), nil
			}
		case strings.HasPrefix(arg, "--"):
			name, value, has := strings.Cut(arg[2:], "=")
			letter := u.letter(name)
			takes := letter != 0 && strings.Contains(short, string(letter)+":")
			if takes && !has && len(args) > 0 {
				value, has, args = args[0], true, args[1:]
			}
			if letter == 0 || takes != has {
				c.failf("option %q is not supported in this form", arg)
				return nil, nil, false
			}
			o.set(letter, value)
		default:
			for i := 1; i < len(arg); i++ {
				at := strings.IndexByte(short, arg[i])
				if at < 0 || arg[i] == ':' || arg[i] == '+' {
					c.failf("option -%c is not supported", arg[i])
					return nil, nil, false
				}
				if !strings.HasPrefix(short[at+1:], ":") {
					o.set(arg[i], "")
					continue
				}
				value := arg[i+1:]
				if value == "" {
					if len(args) == 0 {
						c.failf("option -%c takes a value", arg[i])
						return nil, nil, false
					}
					value, args = args[0], args[1:]
				}
				o.set(arg[i], value)
				break
			}
		}
	}
	if len(operands) < u.least {
		c.failf("%d operands are not enough, %d are needed", len(operands), u.least)
		return nil, nil, false
	}
	return o, operands, true
}
