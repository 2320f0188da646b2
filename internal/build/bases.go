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
// says what is wrong with it.
func bases(dockerfile string, args []plan.BuildArg) (images, starts []string, ok bool) {
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
			rest := df.DropFlags(words[1:])
			if len(rest) == 0 {
				return nil, nil, false
			}
			image, known := expand(rest[0], vars)
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
		m := variable().FindStringSubmatch("$" + rest)
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
