package starter

import (
	"bytes"
	"errors"
	"strings"

	"github.com/tailscale/hujson"
)

// maxDepth is how deep the values of a devcontainer.json may be nested. The parser calls
// itself for each level, and a goroutine whose stack is too large ends the program.
const maxDepth = 1000

const tooDeep = "its values are nested more than 1000 levels deep"

// standard makes plain JSON of JSON with comments and commas at its ends.
func standard(data []byte) ([]byte, error) {
	if depth(data) > maxDepth {
		return nil, errors.New(tooDeep)
	}
	// Editors take a byte order mark, and a comment that the file's end ends; the parser does not.
	data = append(bytes.TrimPrefix(data, []byte("\ufeff")), '\n')
	plain, err := hujson.Standardize(data)
	if err != nil {
		return nil, errors.New(strings.TrimPrefix(err.Error(), "hujson: "))
	}
	return plain, nil
}

// depth is how deep arrays and objects are nested, texts and comments aside.
func depth(data []byte) (deepest int) {
	now := 0
	for i := 0; i < len(data); i++ {
		rest := data[i:]
		switch {
		case rest[0] == '[' || rest[0] == '{':
			now++
			deepest = max(deepest, now)
		case rest[0] == ']' || rest[0] == '}':
			now--
		case rest[0] == '"':
			i += textLength(rest) - 1
		case bytes.HasPrefix(rest, []byte("//")):
			i += lengthTo(rest, "\n") - 1
		case bytes.HasPrefix(rest, []byte("/*")):
			i += 2 + lengthTo(rest[2:], "*/") - 1
		}
	}
	return deepest
}

// textLength is how long the text is that begins here, its quotes included.
func textLength(data []byte) int {
	for i := 1; i < len(data); i++ {
		switch data[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(data)
}

// lengthTo is how much comes before the end of what end ends, with it.
func lengthTo(data []byte, end string) int {
	if at := bytes.Index(data, []byte(end)); at >= 0 {
		return at + len(end)
	}
	return len(data)
}
