// Package template resolves ${name} in the texts of a configuration.
package template

import (
	"fmt"
	"iter"
	"slices"
	"sort"
	"strings"

	"ctenv/internal/config"
	"ctenv/internal/hint"
	"ctenv/internal/mistake"
	"ctenv/internal/nearest"
	"ctenv/internal/shellquote"
	"ctenv/internal/slug"
	"ctenv/internal/wire"
)

// Vars resolves the names of ${name}.
type Vars struct {
	Values map[string]string
	Env    map[string]string
	Hide   bool // leave a mark for ${env.X} where the text allows it
	// Withheld are variables that are empty in all texts but the caller's own, and marks
	// in any of them with Hide.
	Withheld map[string]bool
	own      bool // the text is the caller's own

	// Written are the texts of those of Values that take a variable of the host.
	Written map[string]string
	// Unseen are names of Values that only the value of a mark would tell.
	Unseen map[string]bool
	// Unslugged are the names with |slug that have marks. A mark stands for the
	// whole value: there is nothing yet that could be slugged.
	Unslugged []string
}

// Mode says how a text is expanded.
type Mode int

const (
	Strict    Mode = iota // an unknown name is an error
	Hideable              // strict, and ${env.X} may be left as a mark
	ShellText             // an unknown ${X} is left for the shell; marks too
	ImageText             // strict, and slugs are fit for the name of an image
)

// Expand is Text for the value of a key, whose place its errors have.
func (v *Vars) Expand(s config.String, key string, m Mode) (string, error) {
	defer v.At(s.Pos)()
	out, err := v.Text(s.V, m)
	if err != nil {
		return "", mistake.Of(s.Pos, err, "%s: %v", key, err)
	}
	return out, nil
}

// At says where the texts stand that come next, until done is called.
func (v *Vars) At(pos config.Pos) (done func()) {
	was := v.own
	v.own = !pos.Foreign()
	return func() { v.own = was }
}

// Plain is a text as it is checked: with letters for each mark, which the value takes the
// place of. They are two, the fewest that some names have.
func Plain(text string) string {
	return shellquote.Unmarked(text, func(string) string { return "xx" })
}

// maxExpanded caps what one text becomes, in bytes: the kernel gives a command no more,
// and a file of 1 MiB could name a value of 128 KiB a hundred thousand times.
const maxExpanded = wire.MaxArgs

// Text replaces ${name} and ${name|filter} in a text. $${ is a literal ${.
func (v *Vars) Text(text string, m Mode) (string, error) {
	var b strings.Builder
	at := 0
	for u := range uses(text) {
		switch {
		case u.start < at:
			continue
		case u.literal:
			b.WriteString(text[at : u.start-1])
			at = u.start
			continue
		case u.end > len(text) && m == ShellText:
			return b.String() + text[at:], nil
		case u.end > len(text):
			return "", mistake.Refuse(fmt.Sprintf("%q has no closing brace", text[u.start:]), "$${ is a literal ${")
		case m == ShellText && !v.known(u.name):
			continue // with a nested ${HOME}, which is still ours
		}
		value, err := v.value(u.name, u.filters, m)
		if err != nil {
			return "", err
		}
		b.WriteString(text[at:u.start] + value)
		if b.Len() > maxExpanded {
			return "", mistake.Refuse(fmt.Sprintf("it takes more than %d bytes with the value of ${%s}", maxExpanded, u.name), "")
		}
		at = u.end
	}
	return b.String() + text[at:], nil
}

// Shown is a text with all names resolved but variables of the host, whose values are not
// to be shown, and ${pid}, which is another one in each run: those stand there as they are
// written. Two texts that mean different things have different ones, whoever chooses
// the values of the names. A text that no run takes is shown as it is from there on.
func (v *Vars) Shown(text string) string {
	var b strings.Builder
	at := 0
	for u := range uses(text) {
		if u.start < at {
			continue
		}
		next := u.start + len("${") // a literal ${, or one of the shell's
		if !u.literal && u.end <= len(text) && v.known(u.name) {
			if _, variable := Variable(u.name); variable || u.name == "pid" {
				next = u.end
			} else if written := v.Written[u.name]; written != "" {
				shown := v.Shown(written)
				if b.Len()+len(shown) > maxExpanded {
					return b.String() + text[at:]
				}
				b.WriteString(text[at:u.end-1] + " of " + shown + "}")
				at = u.end
				continue
			} else {
				value, err := v.value(u.name, u.filters, Strict)
				if err != nil || b.Len()+len(value) > maxExpanded {
					return b.String() + text[at:]
				}
				b.WriteString(text[at:u.start] + value)
				at = u.end
				continue
			}
		}
		b.WriteString(text[at:next])
		at = next
	}
	return b.String() + text[at:]
}

// use is a ${ of a text.
type use struct {
	start         int
	literal       bool   // it is $${
	name, filters string // to the end of the text where no } ends them
	end           int    // where what follows begins, beyond the text where no } does
}

// uses are all of a text, those in the names of others, too. One | or } may end many of them,
// so what is found is kept: each byte is looked at once.
func uses(text string) iter.Seq[use] {
	return func(yield func(use) bool) {
		bar, brace := 0, 0 // the next of each, the text's length where there is none
		for from := 0; ; {
			start := from + strings.Index(text[from:], "${")
			if start < from {
				return
			}
			from = start + len("${")
			bar, brace = next(text, '|', bar, from), next(text, '}', brace, from)
			u := use{start, strings.HasSuffix(text[:start], "$"), text[from:min(bar, brace)], text[min(bar+1, brace):brace], brace + 1}
			if !yield(u) {
				return
			}
		}
	}
}

// next is where c stands from there on. It was found there for less.
func next(text string, c byte, was, from int) int {
	if was >= from {
		return was
	}
	if i := strings.IndexByte(text[from:], c); i >= 0 {
		return from + i
	}
	return len(text)
}

// Variable gives the variable of env.VAR and env:VAR.
func Variable(name string) (string, bool) {
	v, ok := strings.CutPrefix(name, "env.")
	if !ok {
		v, ok = strings.CutPrefix(name, "env:")
	}
	if !ok || v == "" || v[0] >= '0' && v[0] <= '9' || strings.Trim(v, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") != "" {
		return "", false
	}
	return v, true
}

// maxName is longer than any name of Values. To look up longer ones takes time, as one end
// may be that of a hundred thousand.
const maxName = 100

func (v *Vars) known(name string) bool {
	if len(name) <= maxName {
		if _, ok := v.Values[name]; ok {
			return true
		}
	}
	_, ok := Variable(name)
	return ok
}

func (v *Vars) value(name, filters string, m Mode) (string, error) {
	value, set := v.Values[name]
	if v.Unseen[name] {
		return "", mistake.Refuse(fmt.Sprintf("${%s} needs the value of a variable that is not to be shown", name), "allow the variable first")
	}
	hidden := set && v.Hide && shellquote.HasMark(value)
	if !set {
		env, ok := Variable(name)
		if !ok {
			return "", v.unknownName(name)
		}
		withheld := v.Withheld[env] && !v.own
		if value, set = v.Env[env]; withheld {
			value = ""
		}
		if hidden = set && v.Hide && (withheld || m == Hideable || m == ShellText); hidden {
			value = shellquote.Mark(env)
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
			return "", mistake.Refuse(fmt.Sprintf("unknown filter %q in ${%s|…}", filter, name), way)
		}
		of := slug.Of
		if m == ImageText {
			of = slug.OfImage
		}
		switch {
		case hidden:
			v.Unslugged = append(v.Unslugged, name)
			value = slugAround(value, of)
		case set:
			value = of(value)
		}
	}
	if !set {
		env, _ := Variable(name)
		// No mistake on the command line: elsewhere it is set.
		return "", &hint.Error{Err: fmt.Errorf("${%s}: %s is not set on the host", name, env), Code: hint.Config,
			Hint: fmt.Sprintf("set it, or give a default: ${%s|default:TEXT}", name)}
	}
	return value, nil
}

// slugAround makes a slug of what is beside the marks of a value.
func slugAround(value string, of func(string) string) string {
	const stand = "zqmarkqz"
	var marks []string
	out := of(shellquote.Unmarked(value, func(name string) string {
		marks = append(marks, shellquote.Mark(name))
		return stand
	}))
	parts := strings.Split(out, stand)
	if len(parts) != len(marks)+1 || strings.Contains(strings.ToLower(value), stand) {
		return value // cut, or one that has the word itself
	}
	out = parts[0]
	for i, mark := range marks {
		out += mark + parts[i+1]
	}
	return out
}

// ImageNames become known with the image, which is expanded first.
var ImageNames = []string{"image", "image_tag", "IMAGE_TAG"}

func (v *Vars) unknownName(name string) error {
	if slices.Contains(ImageNames, name) {
		return mistake.Refuse(fmt.Sprintf("${%s} comes from this value, so it cannot stand in it", name),
			"write the name itself; ${env.NAME} takes one from the host")
	}
	var names []string
	for n := range v.Values {
		names = append(names, n)
	}
	sort.Strings(names)
	way := "$${ is a literal ${"
	if _, ok := v.Env[name]; ok {
		way = "write ${env." + name + "} for the variable of the host; " + way
	} else if near := nearest.Of(name, append(names, "env.")); near != "" {
		way = fmt.Sprintf("did you mean ${%s}? %s", near, way)
	} else {
		way = "names are " + strings.Join(names, ", ") + " and env.VAR; " + way
	}
	return mistake.Refuse(fmt.Sprintf("unknown name in ${%s}", name), way)
}

// SplitAt splits s at each sep that stands outside ${…}, so that a value with one in it
// stays one field.
func SplitAt(s string, sep byte) []string {
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

// Names are the names in each ${name} of a text, no fewer than the expansion sees:
// one without an end goes to the end of the text.
func Names(text string) []string {
	var names []string
	for u := range uses(text) {
		if !u.literal {
			names = append(names, u.name)
		}
	}
	return names
}

// Variables are the NAMEs of each ${env.NAME} in a text.
func Variables(text string) (names []string) {
	for _, name := range Names(text) {
		if v, ok := Variable(name); ok {
			names = append(names, v)
		}
	}
	return names
}

// OneVariable says that a text is one ${env.NAME} and nothing else.
func OneVariable(text string) bool {
	for u := range uses(text) {
		_, ok := Variable(u.name)
		return ok && u.start == 0 && u.end == len(text)
	}
	return false
}

// Takes says that one of the texts has a ${env.NAME}, or a name whose own text has one.
func (v *Vars) Takes(texts ...string) bool {
	return slices.ContainsFunc(texts, func(text string) bool {
		return slices.ContainsFunc(Names(text), func(name string) bool {
			_, variable := Variable(name)
			return variable || v.Written[name] != ""
		})
	})
}

// TakeVariables says that one of the texts has a ${env.NAME}.
func TakeVariables(texts []string) bool {
	return slices.ContainsFunc(texts, func(t string) bool { return len(Variables(t)) > 0 })
}
