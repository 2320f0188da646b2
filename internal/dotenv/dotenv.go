// Package dotenv reads files of variables: dotenv's, and those of `docker run
// --env-file`.
package dotenv

import (
	"bytes"
	"fmt"
	"strings"

	"ctenv/internal/config"
	"ctenv/internal/wire"
)

// Parse reads a dotenv file, by the rules of github.com/joho/godotenv but byte
// for byte, where that takes its input for UTF-8 text and tells no line. Lines are
// NAME=value; '…' is taken as it is, "…" knows escapes, and all but '…' may refer to
// variables above. Errors are *config.Error without a source.
func Parse(data []byte) (map[string]Var, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // the byte order mark of some editors
	d := &dotenv{rest: string(config.LineEnds(data)), line: 1, vars: map[string]Var{}}
	if before, _, found := strings.Cut(d.rest, "\x00"); found {
		d.take(len(before))
		return nil, inFile(d.line, "it holds a NUL byte, which no variable can", "save the file as plain UTF-8 text")
	}
	for d.next() {
		line := d.line
		name, err := d.name()
		if err != nil {
			return nil, err
		}
		value, err := d.value(name)
		if err != nil {
			return nil, err
		}
		if d.size += len(value); d.size > wire.MaxArgs {
			return nil, d.tooLarge(line, name)
		}
		d.vars[name] = Var{value, line}
	}
	return d.vars, nil
}

// dotenv is the state while a file is read.
type dotenv struct {
	rest string // what has not been read yet
	line int    // where it starts
	vars map[string]Var
	size int // of all values so far, in bytes
}

// tooLarge stops a few lines that double a value each before they take all memory.
func (d *dotenv) tooLarge(line int, name string) error {
	return inFile(line, fmt.Sprintf("with %s the values take more than %d bytes, and the kernel gives a command no more", name, wire.MaxArgs),
		"$NAME puts the value of another variable here; '…' leaves it as it is written")
}

const (
	blanks    = "\t\v\f\r "
	upperCase = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
	nameBytes = upperCase + "abcdefghijklmnopqrstuvwxyz."
)

// take reads n bytes.
func (d *dotenv) take(n int) string {
	s := d.rest[:n]
	d.rest = d.rest[n:]
	d.line += strings.Count(s, "\n")
	return s
}

// skip reads all that is of set.
func (d *dotenv) skip(set string) { d.take(len(d.rest) - len(strings.TrimLeft(d.rest, set))) }

// next goes to the next variable, past empty lines and comments; false at the end.
func (d *dotenv) next() bool {
	for d.skip(blanks + "\n"); strings.HasPrefix(d.rest, "#"); d.skip(blanks + "\n") {
		comment, _, _ := strings.Cut(d.rest, "\n")
		d.take(len(comment))
	}
	return d.rest != ""
}

// name reads a name, and what stands between it and its value.
func (d *dotenv) name() (string, error) {
	if after, ok := strings.CutPrefix(d.rest, "export"); ok && after != "" && strings.Contains(blanks, after[:1]) {
		d.take(len("export"))
		d.skip(blanks)
	}
	end := len(d.rest) - len(strings.TrimLeft(d.rest, nameBytes+blanks))
	name := strings.TrimRight(d.rest[:end], blanks)
	if name == "" || end == len(d.rest) || d.rest[end] != '=' && d.rest[end] != ':' {
		return "", inFile(d.line, "not of the form NAME=value", "a name holds letters, digits, _ and . only; a comment starts with #")
	}
	d.take(end + 1)
	d.skip(blanks)
	return name, nil
}

// value reads the value of the variable called name.
func (d *dotenv) value(name string) (string, error) {
	if d.rest == "" || d.rest[0] != '"' && d.rest[0] != '\'' {
		end := strings.IndexAny(d.rest, "\r\n")
		if end < 0 {
			end = len(d.rest)
		}
		return d.expand(name, strings.Trim(uncomment(d.take(end)), blanks), false)
	}
	end := closingQuote(d.rest)
	if end < 0 {
		return "", inFile(d.line, fmt.Sprintf("the %c that opens the value of %s is never closed", d.rest[0], name),
			"end the value with the same quote; a backslash before it makes it part of the value")
	}
	quoted := d.take(end + 1)
	value := quoted[1:end]
	if quoted[0] == '"' {
		return d.expand(name, value, true)
	}
	return value, nil
}

// closingQuote is where the quote that s starts with is closed, or -1. A backslash
// takes the next byte's meaning away, be it a quote or a backslash.
func closingQuote(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case s[0]:
			return i
		}
	}
	return -1
}

// uncomment is a line without the comment at its end.
func uncomment(line string) string {
	for i := 1; i < len(line); i++ {
		if line[i] == '#' && strings.Contains(blanks, line[i-1:i]) {
			return line[:i]
		}
	}
	return line
}

// expand replaces $NAME and ${NAME} in s, the value of the variable called of, and
// between double quotes escapes too. Names in lower case stay: they are no variables,
// as in godotenv.
func (d *dotenv) expand(of, s string, quoted bool) (string, error) {
	var b strings.Builder
	line := d.line
	for s != "" {
		c := s[0]
		s = s[1:]
		switch {
		case c == '\\' && s != "" && (quoted || s[0] == '$'):
			b.WriteByte(unescape(s[0]))
			s = s[1:]
		case c == '$':
			inner, braced := strings.CutPrefix(s, "{")
			after := strings.TrimLeft(inner, upperCase)
			name := inner[:len(inner)-len(after)]
			if name == "" {
				b.WriteByte(c)
				continue
			}
			b.WriteString(d.vars[name].Value)
			if b.Len() > wire.MaxArgs {
				return "", d.tooLarge(line, of)
			}
			s = after
			if braced {
				s = strings.TrimPrefix(s, "}")
			}
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), nil
}

// unescape is the byte that a backslash before c means.
func unescape(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	}
	return c
}
