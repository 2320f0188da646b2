package account

import (
	"bytes"
	"iter"
	"strconv"
	"strings"
)

// The account files are edited as bytes, so that every line that is not ours
// stays as it is, whatever it holds.

// entries yields each line's offset in data and its text without the newline.
func entries(data []byte) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		for off := 0; off < len(data); {
			line, _, _ := bytes.Cut(data[off:], []byte{'\n'})
			if !yield(off, string(line)) {
				return
			}
			off += len(line) + 1
		}
	}
}

// insertLine returns data with line, which has no newline, at an offset that
// starts a line, or at the end.
func insertLine(data []byte, at int, line string) []byte {
	out := make([]byte, 0, len(data)+len(line)+2)
	out = append(out, data[:at]...)
	if at > 0 && data[at-1] != '\n' {
		out = append(out, '\n')
	}
	out = append(out, line...)
	out = append(out, '\n')
	return append(out, data[at:]...)
}

// isCompat says that a line is an instruction of nsswitch's compat mode, which
// brings in a directory service's entries: what comes after it may be hidden.
func isCompat(line string) bool {
	return strings.HasPrefix(line, "+") || strings.HasPrefix(line, "-")
}

// beforeCompat is the offset of the first compat line, else the end.
func beforeCompat(data []byte) int {
	for off, line := range entries(data) {
		if isCompat(line) {
			return off
		}
	}
	return len(data)
}

// sharesName says that some C library takes line for an entry of that name.
// glibc skips blanks at the start of a line.
func sharesName(line, name string) bool {
	field, _, _ := strings.Cut(line, ":")
	return field == name || strings.TrimLeft(field, leading) == name
}

// leading is what some C library passes over before a name.
const leading = " \t\v\f\r"

// sharesID says that some C library takes field for that id. They differ in
// leading blanks, signs, what follows the digits, and numbers beyond 32 bits.
func sharesID(field string, id int) bool {
	field = strings.TrimLeft(field, " \t\v\f\r+")
	end := 0
	for end < len(field) && field[end] >= '0' && field[end] <= '9' {
		end++
	}
	n, err := strconv.ParseUint(field[:end], 10, 64)
	return err == nil && uint32(n) == uint32(id)
}
