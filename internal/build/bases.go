package build

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/distribution/reference"

	"ctenv/internal/plan"
)

// Bases are the images that a Dockerfile takes something from: those of FROM and of
// COPY --from, each once. ok is false where a name depends on something that is
// known to the builder alone, such as TARGETARCH.
//
// It reads no more of the format than that takes (Dockerfile reference, "Format",
// "Understand how ARG and FROM interact"); buildkit's own parser would make ctenv
// half as large again. A name that no image can have is left to the builder, which
// says what is wrong with it.
func Bases(dockerfile string, args []plan.BuildArg) (images []string, ok bool) {
	given := map[string]string{}
	for _, a := range args {
		given[a.Name] = a.Value
	}
	vars := map[string]string{} // what FROM may use: the ARGs before the first one
	var stages []string
	add := func(image string) {
		if _, err := reference.ParseAnyReference(image); err == nil && image != "scratch" && !slices.Contains(stages, strings.ToLower(image)) && !slices.Contains(images, image) {
			images = append(images, image)
		}
	}
	first := true
	for _, line := range instructions(dockerfile) {
		words := strings.Fields(line)
		switch strings.ToUpper(words[0]) {
		case "ARG":
			if !first {
				continue
			}
			for _, word := range words[1:] {
				name, text, set := strings.Cut(word, "=")
				value, known := given[name]
				if !known && set {
					if value, known = expand(text, vars); !known {
						continue
					}
				}
				if known {
					vars[name] = value
				}
			}
		case "FROM":
			first = false
			rest := dropFlags(words[1:])
			if len(rest) == 0 {
				return nil, false
			}
			image, known := expand(rest[0], vars)
			if !known {
				return nil, false
			}
			add(image)
			if len(rest) == 3 && strings.EqualFold(rest[1], "as") {
				stages = append(stages, strings.ToLower(rest[2]))
			}
		case "COPY":
			for _, word := range words[1:] {
				from, isFrom := strings.CutPrefix(word, "--from=")
				if _, err := strconv.Atoi(from); isFrom && err != nil {
					add(from)
				}
			}
		}
	}
	return images, true
}

// dropFlags leaves out --platform and its like.
func dropFlags(words []string) []string {
	for len(words) > 0 && strings.HasPrefix(words[0], "--") {
		words = words[1:]
	}
	return words
}

var escapeDirective = regexp.MustCompile("(?i)^#[ \t]*escape[ \t]*=[ \t]*([\\\\`])[ \t]*$")

// directive is a comment at the head of the file that means something.
var directive = regexp.MustCompile(`^#[ \t]*[A-Za-z]+[ \t]*=`)

// instructions are the lines of a Dockerfile, those that go on joined, without
// comments, empty ones and here-documents.
func instructions(dockerfile string) []string {
	escape := `\`
	head := true
	var out []string
	pending := ""
	var open []hereDocument // those that the last instruction has and that have not ended
	for line := range strings.Lines(dockerfile) {
		if len(open) > 0 {
			if open[0].endsAt(strings.TrimRight(line, "\r\n")) {
				open = open[1:]
			}
			continue
		}
		line = strings.TrimSpace(line)
		if head && directive.MatchString(line) {
			if m := escapeDirective.FindStringSubmatch(line); m != nil {
				escape = m[1]
			}
			continue
		}
		head = false
		if line == "" || line[0] == '#' {
			continue
		}
		if more, goesOn := strings.CutSuffix(line, escape); goesOn {
			pending += more + " "
			continue
		}
		line = pending + line
		out = append(out, line)
		open = hereDocuments(line)
		pending = ""
	}
	if strings.TrimSpace(pending) != "" {
		out = append(out, pending)
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
	shellWord = regexp.MustCompile(`(?:\\.|'[^']*'|"(?:\\.|[^"\\])*"|[^\s'"\\])+`)
	// redirection is buildkit's reHeredoc.
	redirection = regexp.MustCompile(`^\d*<<(-?)([^<]+)$`)
	quotes      = regexp.MustCompile(`\\(.)|'([^']*)'|"([^"]*)"`)
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
	if json.Unmarshal([]byte(strings.Join(dropFlags(words[1:]), " ")), new([]string)) == nil {
		return nil
	}
	var found []hereDocument
	for _, word := range shellWord.FindAllString(instruction, -1) {
		if m := redirection.FindStringSubmatch(word); m != nil {
			found = append(found, hereDocument{end: quotes.ReplaceAllString(m[2], "$1$2$3"), tabs: m[1] != ""})
		}
	}
	return found
}

var variable = regexp.MustCompile(`^\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-+])([^${}]*))?\})`)

// expand replaces variables as FROM and ARG have them. It gives false for one that
// has no value, and for what it does not know.
func expand(text string, vars map[string]string) (string, bool) {
	if n := len(text); n > 1 && text[0] == '"' && text[n-1] == '"' {
		text = text[1 : n-1]
	}
	if strings.ContainsAny(text, "\\\"'") {
		return "", false
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "$")
		b.WriteString(before)
		if !found {
			return b.String(), true
		}
		m := variable.FindStringSubmatch("$" + rest)
		if m == nil {
			return "", false
		}
		value, set := vars[m[1]+m[2]]
		if strings.HasPrefix(m[3], ":") && value == "" {
			set = false
		}
		switch op := strings.TrimPrefix(m[3], ":"); {
		case op == "-" && !set:
			value = m[4]
		case op == "+" && set:
			value = m[4]
		case op == "+":
			value = ""
		case !set:
			return "", false
		}
		b.WriteString(value)
		text = ("$" + rest)[len(m[0]):]
	}
}
