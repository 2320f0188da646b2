// Package shellquote writes words for a POSIX shell.
package shellquote

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"ctenv/internal/hidden"
)

// A mark stands for the value of a host variable that must not be printed. Its
// ends are Unicode noncharacters, which no text is meant to hold, and which JSON
// leaves as they are.
const (
	markStart = "\uFDD0"
	markEnd   = "\uFDD1"
)

// Mark is the mark for the variable called name.
func Mark(name string) string { return markStart + name + markEnd }

// HasMark says that a text has a mark in it.
func HasMark(text string) bool { return strings.Contains(text, markStart) }

// Unmarked is a text with each mark replaced by what as makes of its variable's name.
func Unmarked(text string, as func(name string) string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, markStart)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, after, _ := strings.Cut(rest, markEnd)
		b.WriteString(as(name))
		text = after
	}
}

// Line quotes words and joins them.
func Line(words []string) string { return strings.Join(Words(words), " ") }

// Words quotes each of words.
func Words(words []string) []string {
	out := make([]string, len(words))
	for i, word := range words {
		out[i] = Word(word)
	}
	return out
}

// Word quotes a word for a POSIX shell. A mark becomes "$NAME", to be
// filled in from the environment of whoever pastes the line.
func Word(word string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(word, markStart)
		if before != "" || !found && b.Len() == 0 {
			b.WriteString(Plain(before))
		}
		if !found {
			return b.String()
		}
		name, after, _ := strings.Cut(rest, markEnd)
		b.WriteString(`"$` + name + `"`)
		word = after
	}
}

// Plain quotes a word without marks. What a terminal would act on is written in digits.
func Plain(s string) string {
	var b strings.Builder
	for s != "" {
		n := hiddenLen(s)
		if n == 0 {
			for n < len(s) && hiddenLen(s[n:]) == 0 {
				_, size := utf8.DecodeRuneInString(s[n:])
				n += size
			}
			b.WriteString(quoteShown(s[:n]))
		} else {
			fmt.Fprintf(&b, `"$(printf '%s')"`, octal(s[:n]))
		}
		s = s[n:]
	}
	if b.Len() == 0 {
		return "''"
	}
	return b.String()
}

// hiddenLen is how many bytes at the start of s a terminal would not show: the line is there to be looked at, and the file may be a stranger's.
// A newline and a tab do no harm.
func hiddenLen(s string) int {
	n := 0
	for n < len(s) {
		r, size := utf8.DecodeRuneInString(s[n:])
		broken := r == utf8.RuneError && size == 1 // a terminal may take it for a control character of 8 bits
		if !broken && (!hidden.Rune(r) || r == '\n' || r == '\t') {
			break
		}
		n += size
	}
	return n
}

// Quote puts a word in quotes, whether it needs them or not.
func Quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// octal writes bytes as printf(1) reads them.
func octal(s string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, `\%03o`, s[i])
	}
	return b.String()
}

func quoteShown(s string) string {
	if strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./:=@,+%") == "" {
		return s
	}
	return Quote(s)
}
