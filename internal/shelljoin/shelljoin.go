// Package shelljoin finds the commands of a list that only together are complete ones of
// a shell.
package shelljoin

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"mvdan.cc/sh/v3/syntax"

	"ctenv/internal/shellcall"
	"ctenv/internal/wire"
)

const (
	// maxShellText is the longest text that is looked at, in bytes: the parser goes as deep
	// as it is nested, and more is nothing that a person has written.
	maxShellText = 32 << 10
	// maxShellWork is how much is parsed for one list, in bytes: what is never complete is
	// parsed with each further command.
	maxShellWork = 512 << 10
)

// Commands finds the commands of a list that are incomplete by themselves (an
// "if true; then", a here-document, a backslash at the end) and go on in the next
// ones. A construct that is never complete stays as it is: then the shell says what
// is wrong with its first command.
func Commands(commands []wire.Text) []wire.Joined {
	var all []wire.Joined
	work := 0
	for first := 0; first < len(commands); first++ {
		text := ""
		for last := first; last < len(commands); last++ {
			text += string(commands[last]) + "\n"
			if work += len(text); len(text) > maxShellText || work > maxShellWork {
				break
			}
			file := parseShell(text)
			if file == nil {
				continue
			}
			if last > first {
				all = append(all, wire.Joined{First: first + 1, Last: last + 1, Text: wire.Text(markCommands(file, text, commands[first:last+1], first+1))})
				first = last
			}
			break
		}
	}
	return all
}

// parseShell parses text, which ends in a newline, as bash does. It returns nil where
// that fails or what follows may belong to it.
func parseShell(text string) *syntax.File {
	file, err := syntax.NewParser(syntax.KeepComments(true)).Parse(strings.NewReader(plainBytes(text)), "")
	if err != nil {
		return nil
	}
	line := strings.TrimSuffix(text, "\n")
	if backslashes := len(line) - len(strings.TrimRight(line, `\`)); backslashes%2 == 0 {
		return file
	}
	// The line goes on in the next one, but for a comment.
	comment := false
	syntax.Walk(file, func(node syntax.Node) bool {
		if c, ok := node.(*syntax.Comment); ok && int(c.End().Offset()) >= len(line) {
			comment = true
		}
		return true
	})
	if !comment {
		return nil
	}
	return file
}

// plainBytes is text of the same length and syntax, whatever encoding it has.
func plainBytes(text string) string {
	plain := []byte(text)
	for i, c := range plain {
		if c >= utf8.RuneSelf {
			plain[i] = 'x'
		}
	}
	return string(plain)
}

// markCommands puts into text, which is commands, of which the first has the number
// given, what tells that another one of them begins: before the first statement of
// each, where it is one of a list. $? stays what it is.
func markCommands(file *syntax.File, text string, commands []wire.Text, number int) string {
	var b strings.Builder
	done := 0
	for i, end := 0, 0; i < len(commands); i++ {
		start := end
		end += len(commands[i]) + 1
		at, found := firstStatement(file, start, end)
		if i == 0 || !found {
			continue
		}
		b.WriteString(text[done:at])
		fmt.Fprintf(&b, "%s %d $? && :; ", shellcall.MarkCommand, number+i)
		done = at
	}
	b.WriteString(text[done:])
	return b.String()
}

// firstStatement finds the first statement from start to end, in bytes, before which
// another one could stand. A condition is no such place, as it ends with a status of
// its own; nor is a function's body, which runs later, or what is in a word.
func firstStatement(file *syntax.File, start, end int) (at int, found bool) {
	list := func(stmts []*syntax.Stmt) {
		for _, s := range stmts {
			if pos := int(s.Pos().Offset()); pos >= start && pos < end && (!found || pos < at) {
				at, found = pos, true
			}
		}
	}
	syntax.Walk(file, func(node syntax.Node) bool {
		switch n := node.(type) {
		case *syntax.File:
			list(n.Stmts)
		case *syntax.Block:
			list(n.Stmts)
		case *syntax.Subshell:
			list(n.Stmts)
		case *syntax.IfClause:
			list(n.Then)
		case *syntax.WhileClause:
			list(n.Do)
		case *syntax.ForClause:
			list(n.Do)
		case *syntax.CaseItem:
			list(n.Stmts)
		case *syntax.FuncDecl, *syntax.Word:
			return false
		}
		return true
	})
	return at, found
}
