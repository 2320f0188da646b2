package expand

import (
	"cmp"
	"errors"
	"iter"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"ctenv/internal/config"
	"ctenv/internal/slug"
	"ctenv/internal/template"
)

// Redact takes the values of variables that templates have brought in out of an error:
// a mistake is said before the caller has allowed a variable, and where others read it.
// A value that stands there as it is gives way to its name. One that has been cleaned,
// cut or lowered on the way is only known by its pieces: then the error names the text
// as it is written, and the hint, which was made of the value, is dropped. That is for the
// project's files: pieces are words that an error may have anyway, and the caller's own files
// are not to suffer from it.
func Redact(err error, raw config.Container, env map[string]string) error {
	var e *config.Error
	if !errors.As(err, &e) {
		return err
	}
	r := redaction{raw.Rows(), env}
	e.Msg, e.Hint = r.named(e.Msg, e.Pos.Foreign()), r.named(e.Hint, e.Pos.Foreign())
	key, text, names := r.written(e.Pos, e.Msg)
	written := words(key + " " + text)
	besideKey, beside, taken := r.written(e.Beside, "")
	names, written = append(names, taken...), append(written, words(beside)...)
	if r.hasPieces(e.Hint, names, written) {
		e.Hint = ""
	}
	if !r.hasPieces(e.Msg, names, written) {
		return err
	}
	reason := e.Msg[strings.LastIndexByte(e.Msg, '"')+1:] // as in: "/nowhere" does not exist
	// Of two quoted texts the reason says how they differ.
	if key == "" || strings.Count(e.Msg, `"`) != 2 || strings.TrimSpace(reason) == "" || r.hasPieces(reason, names, written) {
		reason = ": it does not work with the values of its variables"
	}
	if key == "" {
		key, text = besideKey, beside
	}
	e.Msg = key + ": " + strconv.Quote(text) + reason
	return err
}

// redaction knows what the files say, and the host's variables.
type redaction struct {
	rows []config.Row
	env  map[string]string
}

// secret is the value of a variable, "" where that is none: it is found in every other word.
func (r redaction) secret(name string) string {
	if value := r.env[name]; len(value) >= 4 {
		return value
	}
	return ""
}

// named is said with the names of variables where their values stand, or in a project's file
// their slugs: /root has one that is a word of ctenv's.
func (r redaction) named(said string, foreign bool) string {
	var names []string
	slugged := map[string]bool{}
	for _, row := range r.rows {
		for _, text := range row.Texts() {
			for _, name := range template.Variables(text) {
				names = append(names, name)
				slugged[name] = slugged[name] || foreign && strings.Contains(text, "|slug")
			}
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	// One value may be a part of another.
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(len(r.env[b]), len(r.env[a])) })
	for _, name := range names {
		value := r.secret(name)
		if value == "" {
			continue
		}
		quoted := strconv.Quote(value)
		values := []string{value, quoted[1 : len(quoted)-1]}
		if slugged[name] {
			values = append(values, slug.Of(value), slug.OfImage(value))
		}
		for _, v := range values {
			said = strings.ReplaceAll(said, v, "${env."+name+"}")
		}
	}
	return said
}

// written is the text that the files have at a place that said is about, with its key, and the
// variables that it takes in the project's files, by the image's name too.
func (r redaction) written(pos config.Pos, said string) (key, text string, names []string) {
	for i, row := range r.rows {
		if row.Pos != pos {
			continue
		}
		texts := slices.Clone(row.Texts())
		if next := i + 1; row.Key == "run_args" && next < len(r.rows) && r.rows[next].Key == row.Key && !strings.HasPrefix(r.rows[next].Value, `"-`) {
			texts = append(texts, r.rows[next].Texts()...) // an option's value, in a word of its own
		}
		joined := strings.Join(texts, " ")
		taken := r.taken(joined, row.Pos.Foreign())
		if len(taken) == 0 {
			continue
		}
		names = append(names, taken...)
		// What flags say is all at one place.
		if key == "" || strings.HasPrefix(said, row.Key) && !strings.HasPrefix(said, key) {
			key, text = row.Key, joined
		}
	}
	return key, text, names
}

// taken are the variables whose values a text comes to hold by the project's files, of which
// it is one or not.
func (r redaction) taken(text string, foreign bool) (names []string) {
	if foreign {
		names = template.Variables(text)
	}
	if !slices.ContainsFunc(template.Names(text), func(name string) bool { return slices.Contains(template.ImageNames, name) }) {
		return names
	}
	for _, row := range r.rows {
		if row.Pos.Foreign() && (row.Key == "image" || row.Key == "build.tag") {
			for _, t := range row.Texts() {
				names = append(names, template.Variables(t)...)
			}
		}
	}
	return names
}

// pieceLength is how long a piece of a value is that has been cut within a word, in bytes.
// Shorter ones are in too many words.
const pieceLength = 4

// hasPieces says that something said has a word of the value of a variable in it, or a piece
// wherever that was cut, beside the words that the file itself has there.
func (r redaction) hasPieces(said string, names, written []string) bool {
	for _, name := range names {
		said = strings.ReplaceAll(said, "${env."+name, "")
	}
	said = without(said, written)
	pieces := map[string]bool{}
	for piece := range piecesOf(said) {
		pieces[piece] = true
	}
	for _, name := range names {
		for _, word := range words(r.secret(name)) {
			if len(word) >= 3 && strings.Contains(said, word) {
				return true
			}
		}
		for piece := range piecesOf(strings.ToLower(r.secret(name))) {
			if pieces[piece] {
				return true
			}
		}
	}
	return false
}

// piecesOf are the pieces of a text that say something of it.
func piecesOf(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := 0; i+pieceLength <= len(text); i++ {
			piece, telling := text[i:i+pieceLength], 0
			for _, c := range []byte(piece) {
				if c >= utf8.RuneSelf || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
					telling++
				}
			}
			if telling > 1 && !yield(piece) {
				return
			}
		}
	}
}

// without is said, in lower case, without those of its words that are written. Whole words:
// a letter of the file's must not cut one of the value's.
func without(said string, written []string) string {
	var b strings.Builder
	rest := strings.ToLower(said)
	for _, word := range words(said) {
		i := strings.Index(rest, word)
		b.WriteString(rest[:i])
		if rest = rest[i+len(word):]; !slices.Contains(written, word) {
			b.WriteString(word)
		}
	}
	return b.String() + rest
}

// words are those of a text, in lower case.
func words(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) })
}
