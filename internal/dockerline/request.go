package dockerline

import (
	"fmt"
	"strconv"
	"strings"

	"ctenv/internal/shellquote"
	"ctenv/internal/wire"
)

// A placeholder is a text of the request that holds marks, by its number. It has a
// name and a value, since some texts are variables.
const (
	placeStart = "\uFDD2"
	placeEnd   = "=\uFDD3"
)

// requestWords are the words that carry the request, quoted for a POSIX shell. A
// text with a host's value in it becomes base64 when the line is pasted: in the
// request's JSON a quote or a backslash of the value would have to be escaped.
func requestWords(r wire.Request) ([]string, error) {
	var marked []string
	place := func(t wire.Text) wire.Text {
		if !shellquote.HasMark(string(t)) {
			return t
		}
		marked = append(marked, string(t))
		return wire.Text(placeStart + strconv.Itoa(len(marked)-1) + placeEnd)
	}
	for _, list := range []*[]wire.Text{&r.Env, &r.PostStart, &r.Setup, &r.Command.Args} {
		var placed []wire.Text
		for _, t := range *list {
			placed = append(placed, place(t))
		}
		*list = placed
	}
	for _, parts := range []*[]wire.Joined{&r.PostStartJoined, &r.SetupJoined} {
		var placed []wire.Joined
		for _, j := range *parts {
			j.Text = place(j.Text)
			placed = append(placed, j)
		}
		*parts = placed
	}
	r.Command.Text, r.Image = place(r.Command.Text), place(r.Image)

	words, err := wire.Encode(r)
	if err != nil {
		return nil, err
	}
	found := 0
	for i, word := range words {
		if shellquote.HasMark(word) {
			return nil, fmt.Errorf("the line cannot leave a value of the host out of the request to the container: allow the variable first")
		}
		var b strings.Builder
		b.WriteString("--env=")
		for {
			before, rest, more := strings.Cut(word, `"`+placeStart)
			b.WriteString(shellquote.Plain(before))
			if !more {
				break
			}
			number, after, _ := strings.Cut(rest, placeEnd+`"`)
			n, err := strconv.Atoi(number)
			if err != nil || n >= len(marked) {
				break
			}
			fmt.Fprintf(&b, `'{"base64":"'"$(printf %%s %s | base64 | tr -d '\n')"'"}'`, shellquote.Word(marked[n]))
			found++
			word = after
		}
		words[i] = b.String()
	}
	if found != len(marked) {
		return nil, fmt.Errorf("the request to the container is too long to leave a value of the host out of it")
	}
	return words, nil
}
