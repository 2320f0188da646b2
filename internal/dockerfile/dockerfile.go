// Package dockerfile reads as much of a Dockerfile's text as ctenv decides on: its
// instructions, and whether they want a context.
package dockerfile

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// WantsContext says whether a text takes files from the build context: a COPY or an ADD
// whose source is no stage, here-document or address, or a bind mount of a RUN.
func WantsContext(dockerfile string) bool {
	return slices.ContainsFunc(Instructions(dockerfile), wantsContext)
}

func wantsContext(instruction string) bool {
	words := strings.Fields(instruction)
	if strings.EqualFold(words[0], "ONBUILD") {
		words = words[1:]
	}
	if len(words) == 0 {
		return false
	}
	rest := DropFlags(words[1:])
	flags := words[1 : len(words)-len(rest)]
	from := slices.ContainsFunc(flags, func(f string) bool { return strings.HasPrefix(f, "--from=") })
	switch strings.ToUpper(words[0]) {
	case "RUN":
		return slices.ContainsFunc(flags, func(f string) bool {
			bind := strings.Contains(f, "type=bind") || !strings.Contains(f, "type=") // which is the default
			return strings.HasPrefix(f, "--mount=") && bind && !strings.Contains(f, "from=")
		})
	case "COPY", "ADD":
		if from {
			return false
		}
		var list []string
		if json.Unmarshal([]byte(strings.Join(rest, " ")), &list) == nil {
			rest = list
		}
		for _, source := range rest[:max(len(rest)-1, 0)] {
			if !redirection().MatchString(source) && !remote(source) {
				return true
			}
		}
	}
	return false
}

// remote says whether a source is one that ADD fetches.
func remote(source string) bool {
	return slices.ContainsFunc([]string{"http://", "https://", "git@", "ssh://", "git://"}, func(prefix string) bool { return strings.HasPrefix(source, prefix) })
}

// DropFlags leaves out --platform and its like.
func DropFlags(words []string) []string {
	for len(words) > 0 && strings.HasPrefix(words[0], "--") {
		words = words[1:]
	}
	return words
}

var escapeDirective = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("(?i)^#[ \t]*escape[ \t]*=[ \t]*([\\\\`])[ \t]*$") })

// directive is a comment at the head of the file that means something.
var directive = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^#[ \t]*[A-Za-z]+[ \t]*=`) })

// Instructions are the lines of a Dockerfile, those that go on joined, without
// comments, empty ones and here-documents.
func Instructions(dockerfile string) []string {
	escape := `\`
	head := true
	var out []string
	var pending strings.Builder
	var open []hereDocument // those that the last instruction has and that have not ended
	for line := range strings.Lines(dockerfile) {
		if len(open) > 0 {
			if open[0].endsAt(strings.TrimRight(line, "\r\n")) {
				open = open[1:]
			}
			continue
		}
		line = strings.TrimRight(line, " \t\r\n")
		if pending.Len() == 0 {
			line = strings.TrimSpace(line)
		}
		if head && directive().MatchString(line) {
			if m := escapeDirective().FindStringSubmatch(line); m != nil {
				escape = m[1]
			}
			continue
		}
		head = false
		if text := strings.TrimSpace(line); text == "" || text[0] == '#' {
			continue
		}
		if more, goesOn := strings.CutSuffix(line, escape); goesOn && !strings.HasSuffix(more, escape) {
			pending.WriteString(more)
			continue
		}
		line = pending.String() + line
		out = append(out, line)
		open = hereDocuments(line)
		pending.Reset()
	}
	if strings.TrimSpace(pending.String()) != "" {
		out = append(out, pending.String())
	}
	return out
}

// hereDocument is the end of one.
type hereDocument struct {
	end  string
	tabs bool // may stand before the end
}

func (h hereDocument) endsAt(line string) bool {
	if h.tabs {
		line = strings.TrimLeft(line, "\t")
	}
	return line == h.end
}

var (
	// shellWord is a word as buildkit's own splitter has it.
	shellWord = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?:\\.|'[^']*'|"(?:\\.|[^"\\])*"|[^\s'"\\])+`) })
	// redirection is buildkit's reHeredoc.
	redirection = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\d*<<(-?)([^<]+)$`) })
	quotes      = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\\(.)|'([^']*)'|"([^"]*)"`) })
)

// hereDocuments are those that begin after an instruction (Dockerfile reference,
// "Here-Documents").
func hereDocuments(instruction string) []hereDocument {
	words := strings.Fields(instruction)
	if strings.EqualFold(words[0], "ONBUILD") {
		words = words[1:]
	}
	if len(words) == 0 || !slices.Contains([]string{"RUN", "COPY", "ADD"}, strings.ToUpper(words[0])) {
		return nil
	}
	if json.Unmarshal([]byte(strings.Join(DropFlags(words[1:]), " ")), new([]string)) == nil {
		return nil
	}
	var found []hereDocument
	for _, word := range shellWord().FindAllString(instruction, -1) {
		if m := redirection().FindStringSubmatch(word); m != nil {
			found = append(found, hereDocument{end: quotes().ReplaceAllString(m[2], "$1$2$3"), tabs: m[1] != ""})
		}
	}
	return found
}
