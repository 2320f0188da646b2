package config

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"ctenv/internal/tomltext"
)

// node is a TOML value and where it stands. A decoder for Go structs would give
// positions for its own errors only, and an error that shows up later, in a
// mount or a template, has a place in the file too.
type node struct {
	// kind is one of unstable's value kinds; every form of table is Table, and
	// every form of array is Array.
	kind    unstable.Kind
	pos     Pos
	text    string // of a string: its value; of another scalar: as it is written
	items   []*node
	entries []*entry // in the file's order
	index   map[string]*entry

	implied bool // a table that so far only appeared in the path of another
}

// entry is a key of a table, with the key's own place.
type entry struct {
	key   string
	pos   Pos
	value *node
}

func (n *node) get(key string) *entry { return n.index[key] }

func (n *node) add(key string, pos Pos, value *node) {
	e := &entry{key: key, pos: pos, value: value}
	n.entries = append(n.entries, e)
	n.index[key] = e
}

func newTable(pos Pos) *node {
	return &node{kind: unstable.Table, pos: pos, index: map[string]*entry{}}
}

// parseTree reads a TOML document. An error is an *Error with its position.
func parseTree(data []byte, src *Source) (*node, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // a byte order mark
	// TOML leaves it open what a line end in a multi-line string is. A directory named
	// "out\r" is what nobody means; who does write the escape.
	data = LineEnds(data)
	at := &places{data: data, src: src, line: 1, col: 1}
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return nil, &Error{Pos: at.offset(i), Msg: fmt.Sprintf("byte %#02x is not UTF-8", data[i]), Hint: "save the file as UTF-8"}
		}
		i += size
	}
	// The decoder refuses what the parser below lets pass: a key or a table that
	// is defined twice, a number or a date out of range.
	var checked map[string]any
	if err := toml.Unmarshal(data, &checked); err != nil {
		var de *toml.DecodeError
		if errors.As(err, &de) {
			row, col := de.Position()
			return nil, &Error{Pos: at.lineColumn(row, col), Msg: "Invalid TOML: " + strings.TrimPrefix(de.Error(), "toml: "), Hint: tomltext.Hint(lineOf(data, row))}
		}
		return nil, &Error{Pos: Pos{Source: src}, Msg: "Invalid TOML: " + strings.TrimPrefix(err.Error(), "toml: ")}
	}
	b := &builder{at: at, root: newTable(at.offset(0))}
	b.parser.Reset(data)
	b.current = b.root
	for b.parser.NextExpression() {
		b.expression(b.parser.Expression())
	}
	if err := b.parser.Error(); err != nil {
		return nil, &Error{Pos: Pos{Source: src}, Msg: err.Error()}
	}
	return b.root, nil
}

// LineEnds has each line end in \n alone: DOS's ends are \r\n, and those of a file that was
// converted twice \r\r\n.
func LineEnds(data []byte) []byte {
	lines := bytes.Split(data, []byte("\n"))
	for i := range len(lines) - 1 {
		lines[i] = bytes.TrimRight(lines[i], "\r")
	}
	return bytes.Join(lines, []byte("\n"))
}

// lineOf gives the line of that number, from 1.
func lineOf(data []byte, number int) string {
	for ; number > 1; number-- {
		data = data[bytes.IndexByte(data, '\n')+1:]
	}
	line, _, _ := bytes.Cut(data, []byte("\n"))
	return string(line)
}

// builder makes the tree of a document that is known to be valid.
type builder struct {
	parser  unstable.Parser
	at      *places
	root    *node
	current *node // the table of the last header
}

func (b *builder) expression(e *unstable.Node) {
	switch e.Kind {
	case unstable.KeyValue:
		b.keyValue(b.current, e)
	case unstable.Table, unstable.ArrayTable:
		keys := b.path(e)
		t := b.walk(b.root, keys[:len(keys)-1])
		last := keys[len(keys)-1]
		if e.Kind == unstable.ArrayTable {
			b.current = newTable(keys[0].pos)
			if t.get(last.name) == nil {
				t.add(last.name, last.pos, &node{kind: unstable.Array, pos: keys[0].pos})
			}
			array := t.get(last.name).value
			array.items = append(array.items, b.current)
			return
		}
		b.current = b.walk(t, keys[len(keys)-1:])
		if b.current.implied {
			b.current.implied = false
			b.current.pos = keys[0].pos
			t.get(last.name).pos = last.pos
		}
	}
}

func (b *builder) keyValue(table *node, e *unstable.Node) {
	keys := b.path(e)
	last := keys[len(keys)-1]
	table = b.walk(table, keys[:len(keys)-1])
	// Arrays have no range of their own, but every value starts after the "=".
	data := b.parser.Data()
	start := len(data) - len(bytes.TrimLeft(data[last.end:], " \t="))
	table.add(last.name, last.pos, b.value(e.Value(), b.at.offset(start)))
}

func (b *builder) value(v *unstable.Node, pos Pos) *node {
	n := &node{kind: v.Kind, pos: pos}
	switch v.Kind {
	case unstable.Array:
		for it := v.Children(); it.Next(); {
			item := it.Node()
			at := pos // of the array, for an array in an array
			if item.Raw.Length > 0 {
				at = b.at.offset(int(item.Raw.Offset))
			}
			n.items = append(n.items, b.value(item, at))
		}
	case unstable.InlineTable:
		n = newTable(pos)
		for it := v.Children(); it.Next(); {
			b.keyValue(n, it.Node())
		}
	default:
		n.text = string(v.Data)
	}
	return n
}

// keyPart is one part of a dotted key.
type keyPart struct {
	name string
	pos  Pos
	end  int // offset after it
}

func (b *builder) path(e *unstable.Node) []keyPart {
	var parts []keyPart
	for it := e.Key(); it.Next(); {
		k := it.Node()
		parts = append(parts, keyPart{
			name: string(k.Data),
			pos:  b.at.offset(int(k.Raw.Offset)),
			end:  int(k.Raw.Offset + k.Raw.Length),
		})
	}
	return parts
}

// walk goes down from t, through the last table of an array of tables, and adds
// the tables that are not there yet.
func (b *builder) walk(t *node, keys []keyPart) *node {
	for _, k := range keys {
		if t.get(k.name) == nil {
			table := newTable(k.pos)
			table.implied = true
			t.add(k.name, k.pos, table)
		}
		t = t.get(k.name).value
		if t.kind == unstable.Array {
			t = t.items[len(t.items)-1]
		}
	}
	return t
}

// places turns offsets into positions. It goes forward from the last one, so
// that a file of one long line does not take quadratic time.
type places struct {
	data      []byte
	src       *Source
	last      int
	line, col int
}

func (p *places) offset(off int) Pos {
	if off < p.last {
		p.last, p.line, p.col = 0, 1, 1
	}
	for ; p.last < off; p.last++ {
		switch c := p.data[p.last]; {
		case c == '\n':
			p.line++
			p.col = 1
		case utf8.RuneStart(c):
			p.col++
		}
	}
	return Pos{Source: p.src, Line: p.line, Col: p.col}
}

// lineColumn takes a column in bytes, from 1.
func (p *places) lineColumn(line, col int) Pos {
	off := 0
	for ; line > 1; line-- {
		off += bytes.IndexByte(p.data[off:], '\n') + 1
	}
	return p.offset(min(off+col-1, len(p.data)))
}
