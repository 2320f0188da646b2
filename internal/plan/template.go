package plan

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"ctenv/internal/config"
	"ctenv/internal/hint"
	"ctenv/internal/nearest"
	"ctenv/internal/slug"
)

// vars resolves the names of ${name}.
type vars struct {
	values map[string]string
	env    map[string]string
	hide   bool // leave a mark for ${env.X} where the text allows it

	// unslugged are the ${env.X|slug} that became marks. A mark stands for the
	// whole value: there is nothing yet that could be slugged.
	unslugged []string
}

// A mark stands for the value of a host variable that must not be printed. Its
// ends are Unicode noncharacters, which no text is meant to hold, and which JSON
// leaves as they are.
const (
	markStart = "\uFDD0"
	markEnd   = "\uFDD1"
)

// mode says how a text is expanded.
type mode int

const (
	strict    mode = iota // an unknown name is an error
	hideable              // strict, and ${env.X} may be left as a mark
	shellText             // an unknown ${X} is left for the shell; marks too
	imageText             // strict, and slugs are fit for the name of an image
)

// expand replaces ${name} and ${name|filter} in s.Text. $${ is a literal ${.
func (v *vars) expand(s config.String, key string, m mode) (string, error) {
	out, err := v.expandText(s.V, m)
	if err != nil {
		return "", mistake(s.Pos, err, "%s: %v", key, err)
	}
	return out, nil
}

// refuse is an error about a value, with the way out.
func refuse(text, way string) error { return hint.With(errors.New(text), way) }

// mistake is the error of a value at pos, with what err, its cause, carries.
func mistake(pos config.Pos, err error, format string, a ...any) *config.Error {
	way, code := hint.Of(err)
	return &config.Error{Pos: pos, Msg: fmt.Sprintf(format, a...), Hint: way, Found: code == hint.Config}
}

// maxExpanded caps what one text becomes, in bytes: the kernel gives a command no more,
// and a file of 1 MiB could name a value of 128 KiB a hundred thousand times.
const maxExpanded = maxArgs

func (v *vars) expandText(text string, m mode) (string, error) {
	var b strings.Builder
	for {
		i := strings.Index(text, "${")
		if i < 0 {
			b.WriteString(text)
			return b.String(), nil
		}
		if i > 0 && text[i-1] == '$' {
			b.WriteString(text[:i-1] + "${")
			text = text[i+2:]
			continue
		}
		b.WriteString(text[:i])
		text = text[i:]
		end := strings.IndexByte(text, '}')
		if end < 0 {
			if m == shellText {
				b.WriteString(text)
				return b.String(), nil
			}
			return "", refuse(fmt.Sprintf("%q has no closing brace", text), "$${ is a literal ${")
		}
		name, filters, _ := strings.Cut(text[2:end], "|")
		if m == shellText && !v.known(name) {
			// Only these two bytes: a nested ${HOME} is still ours.
			b.WriteString("${")
			text = text[2:]
			continue
		}
		value, err := v.value(name, filters, m)
		if err != nil {
			return "", err
		}
		b.WriteString(value)
		if b.Len() > maxExpanded {
			return "", refuse(fmt.Sprintf("it takes more than %d bytes with the value of ${%s}", maxExpanded, name), "")
		}
		text = text[end+1:]
	}
}

// envName gives the variable of env.VAR and env:VAR.
func envName(name string) (string, bool) {
	v, ok := strings.CutPrefix(name, "env.")
	if !ok {
		v, ok = strings.CutPrefix(name, "env:")
	}
	if !ok || v == "" {
		return "", false
	}
	for i := 0; i < len(v); i++ {
		c := v[i]
		if c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (i == 0 || c < '0' || c > '9') {
			return "", false
		}
	}
	return v, true
}

func (v *vars) known(name string) bool {
	if _, ok := v.values[name]; ok {
		return true
	}
	_, ok := envName(name)
	return ok
}

func (v *vars) value(name, filters string, m mode) (string, error) {
	value, set := v.values[name]
	hidden := false
	if !set {
		env, ok := envName(name)
		if !ok {
			return "", v.unknownName(name)
		}
		value, set = v.env[env]
		if hidden = set && v.hide && (m == hideable || m == shellText); hidden {
			value = markStart + env + markEnd
		}
	}
	for filters != "" {
		var filter string
		filter, filters, _ = strings.Cut(filters, "|")
		if text, ok := strings.CutPrefix(filter, "default:"); ok {
			if !set {
				value, set = text, true
			}
			continue
		}
		if filter != "slug" {
			way := "filters are slug and default:TEXT"
			if near := nearest.Of(filter, []string{"slug", "default:"}); near != "" {
				way = fmt.Sprintf("did you mean %q? %s", near, way)
			}
			return "", refuse(fmt.Sprintf("unknown filter %q in ${%s|…}", filter, name), way)
		}
		switch {
		case hidden:
			v.unslugged = append(v.unslugged, name)
		case set && m == imageText:
			value = slug.OfImage(value)
		case set:
			value = slug.Of(value)
		}
	}
	if !set {
		env, _ := envName(name)
		// No mistake on the command line: elsewhere it is set.
		return "", &hint.Error{Err: fmt.Errorf("${%s}: %s is not set on the host", name, env), Code: hint.Config,
			Hint: fmt.Sprintf("set it, or give a default: ${%s|default:TEXT}", name)}
	}
	return value, nil
}

// imageNames become known with the image, which is expanded first.
var imageNames = []string{"image", "image_tag", "IMAGE_TAG"}

func (v *vars) unknownName(name string) error {
	if slices.Contains(imageNames, name) {
		return refuse(fmt.Sprintf("${%s} comes from this value, so it cannot stand in it", name),
			"write the name itself; ${env.NAME} takes one from the host")
	}
	var names []string
	for n := range v.values {
		names = append(names, n)
	}
	sort.Strings(names)
	way := "$${ is a literal ${"
	if _, ok := v.env[name]; ok {
		way = "write ${env." + name + "} for the variable of the host; " + way
	} else if near := nearest.Of(name, append(names, "env.")); near != "" {
		way = fmt.Sprintf("did you mean ${%s}? %s", near, way)
	} else {
		way = "names are " + strings.Join(names, ", ") + " and env.VAR; " + way
	}
	return refuse(fmt.Sprintf("unknown name in ${%s}", name), way)
}

// splitAt splits s at each sep that stands outside ${…}, so that a value with one in it
// stays one field.
func splitAt(s string, sep byte) []string {
	var fields []string
	start, depth := 0, 0
	for i := 0; i < len(s); i++ {
		switch {
		case strings.HasPrefix(s[i:], "${"):
			depth = 1
		case s[i] == '}':
			depth = 0
		case s[i] == sep && depth == 0:
			fields = append(fields, s[start:i])
			start = i + 1
		}
	}
	return append(fields, s[start:])
}

// imageTag is what follows the last colon of the image's last path part, else
// "latest"; a digest is no tag.
func imageTag(image string) string {
	image, _, _ = strings.Cut(image, "@")
	last := image[strings.LastIndexByte(image, '/')+1:]
	if i := strings.LastIndexByte(last, ':'); i >= 0 && i+1 < len(last) {
		return last[i+1:]
	}
	return "latest"
}
