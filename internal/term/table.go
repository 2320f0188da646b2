package term

import (
	"slices"
	"strings"
)

// Cut says what a column gives up on a terminal that is too narrow.
type Cut int

const (
	whole    Cut = iota // nothing
	CutEnd              // its end
	CutStart            // its start, as a path does
	Broken              // nothing: it goes on below
)

// Column is one column of a table.
type Column struct {
	Head string
	Cut  Cut
	// Spare: it is left out where a terminal is too narrow for all of the table, the last
	// of those that are spare first.
	Spare bool
}

// Cell is one field of a table.
type Cell struct {
	Text  string
	Style Style
}

// Table lines up columns. Without any Head it has no heading.
type Table struct {
	out     *Output
	columns []Column
	rows    [][]Cell
}

// gap stands between two columns.
const gap = "   "

// narrowest is what a column keeps at least, and enough what one that is cut keeps before one
// that is broken gives way.
const narrowest, enough = 8, 16

// Table starts a table.
func (o *Output) Table(columns ...Column) *Table {
	t := &Table{out: o, columns: columns}
	var heads []Cell
	named := false
	for _, c := range columns {
		heads = append(heads, Cell{c.Head, Bold})
		named = named || c.Head != ""
	}
	if named {
		t.rows = append(t.rows, heads)
	}
	return t
}

// Row adds a row of as many cells as there are columns. Control characters in
// them are shown, not sent.
func (t *Table) Row(cells ...Cell) {
	row := make([]Cell, len(cells))
	for i, c := range cells {
		row[i] = Cell{OneLine(c.Text), c.Style}
	}
	t.rows = append(t.rows, row)
}

// Text adds a row of plain cells.
func (t *Table) Text(texts ...string) {
	row := make([]Cell, len(texts))
	for i, text := range texts {
		row[i].Text = text
	}
	t.Row(row...)
}

// Print writes the table.
func (t *Table) Print() error {
	t.leaveOut()
	widths := t.widths()
	var b strings.Builder
	for _, row := range t.rows {
		for len(row) > 0 {
			row = t.line(&b, row, widths)
		}
	}
	return result(t.out.w, b.String())
}

// line writes a line of a row, and returns what of the row goes on below, nil for nothing.
func (t *Table) line(b *strings.Builder, row []Cell, widths []int) (more []Cell) {
	rest := make([]Cell, len(row))
	pad := 0
	for i, c := range row {
		text := c.Text
		switch t.columns[i].Cut {
		case CutEnd:
			text = cutEnd(text, widths[i])
		case CutStart:
			text = cutStart(text, widths[i])
		case Broken:
			if text, rest[i].Text = breakAt(text, widths[i]); rest[i].Text != "" {
				rest[i].Style, more = c.Style, rest
			}
		}
		if i > 0 && text != "" {
			b.WriteString(strings.Repeat(" ", pad) + gap)
			pad = 0
		} else if i > 0 {
			pad += len(gap)
		}
		b.WriteString(t.out.Paint(c.Style, text))
		pad += widths[i] - Width(text)
	}
	b.WriteByte('\n')
	return more
}

// leaveOut leaves out columns that are spare, while the table is wider than the terminal.
func (t *Table) leaveOut() {
	for i := len(t.columns) - 1; i >= 0 && t.out.columns > 0; i-- {
		if !t.columns[i].Spare || t.least() <= t.out.columns {
			continue
		}
		t.columns = slices.Delete(t.columns, i, i+1)
		for n := range t.rows {
			t.rows[n] = slices.Delete(t.rows[n], i, i+1)
		}
	}
}

// least is how wide the table is with each column cut that may be, as far as it still tells
// something.
func (t *Table) least() int {
	widths, total := t.wanted()
	for i, c := range t.columns {
		if c.Cut == CutStart || c.Cut == CutEnd {
			total -= max(widths[i]-enough, 0)
		}
	}
	return total
}

// wanted are the widths of the columns with nothing cut, and that of the table.
func (t *Table) wanted() (widths []int, total int) {
	widths = make([]int, len(t.columns))
	total = len(gap) * (len(t.columns) - 1)
	for i := range t.columns {
		for _, row := range t.rows {
			widths[i] = max(widths[i], Width(row[i].Text))
		}
		total += widths[i]
	}
	return widths, total
}

// widths are those of the columns, so that a row fits on the terminal: the
// widest column that may be cut gives way first.
func (t *Table) widths() []int {
	widths, total := t.wanted()
	for ; t.out.columns > 0 && total > t.out.columns; total-- {
		widest := t.widest(widths, func(c Column) int {
			if c.Cut == Broken {
				return total
			}
			return enough
		})
		if widest < 0 {
			widest = t.widest(widths, func(Column) int { return narrowest })
		}
		if widest < 0 {
			break
		}
		widths[widest]--
	}
	return widths
}

// widest is the widest column that is not whole and has more than it keeps, -1 for none.
func (t *Table) widest(widths []int, keeps func(Column) int) int {
	widest := -1
	for i, c := range t.columns {
		if c.Cut != whole && widths[i] > max(keeps(c), Width(c.Head)) && (widest < 0 || widths[i] > widths[widest]) {
			widest = i
		}
	}
	return widest
}
