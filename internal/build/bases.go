package build

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/distribution/reference"

	df "ctenv/internal/dockerfile"
	"ctenv/internal/plan"
)

// bases are the images that a Dockerfile takes something from: those of FROM and of
// COPY --from, each once. The triggers of those in starts, which FROM names, are run. ok is
// false where a name depends on something that is known to the builder alone, such as
// TARGETARCH.
//
// It reads no more of the format than that takes (Dockerfile reference, "Format",
// "Understand how ARG and FROM interact"); buildkit's own parser would make ctenv
// half as large again. A name that no image can have is left to the builder, which
// says what is wrong with it, and so is what takes more than maxExpanded.
func bases(dockerfile string, args []plan.BuildArg) (images, starts []string, ok bool) {
	given := map[string]string{}
	for _, a := range args {
		given[a.Name] = a.Value
	}
	vars := expander{values: map[string]string{}, room: maxExpanded} // what FROM may use: the ARGs before the first one
	var stages []string
	add := func(image string) {
		if _, err := reference.ParseAnyReference(image); err == nil && image != "scratch" && !slices.Contains(stages, strings.ToLower(image)) && !slices.Contains(images, image) {
			images = append(images, image)
		}
	}
	first := true
	for _, line := range df.Instructions(dockerfile) {
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
					if value, known = vars.expand(text); !known {
						continue
					}
				}
				if known {
					vars.values[name] = value
				}
			}
		case "FROM":
			first = false
			rest := df.DropFlags(words[1:])
			if len(rest) == 0 {
				return nil, nil, false
			}
			image, known := vars.expand(rest[0])
			if !known {
				return nil, nil, false
			}
			add(image)
			starts = append(starts, image)
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
	return images, starts, true
}

var variable = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-+])([^${}]*))?\})`)
})

// maxExpanded caps what the variables of a Dockerfile become, in bytes, all together: a few
// lines that double a value each would take all memory.
const maxExpanded = 1 << 20

// expander replaces variables by their values.
type expander struct {
	values map[string]string
	room   int // how many bytes may still be written
}

// expand replaces variables as FROM and ARG have them. It gives false for one that
// has no value, for what it does not know, and where there is no room any more.
func (e *expander) expand(text string) (string, bool) {
	if n := len(text); n > 1 && text[0] == '"' && text[n-1] == '"' {
		text = text[1 : n-1]
	}
	if strings.ContainsAny(text, "\\\"'") {
		return "", false
	}
	var b strings.Builder
	for {
		i := strings.IndexByte(text, '$')
		if i < 0 {
			b.WriteString(text)
			return b.String(), true
		}
		b.WriteString(text[:i])
		m := variable().FindStringSubmatch(text[i:])
		if m == nil {
			return "", false
		}
		value, set := e.values[m[1]+m[2]]
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
		if e.room -= len(value); e.room < 0 {
			return "", false
		}
		b.WriteString(value)
		text = text[i+len(m[0]):]
	}
}
