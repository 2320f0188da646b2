//go:build linux

package coreutils

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Permission bits as in stat(2).
const (
	setuid = 0o4000
	setgid = 0o2000
	sticky = 0o1000
)

// Umask of this process. There is no way to ask without setting it, so it is not
// for use beside other threads that make files.
func Umask() uint32 {
	mask := unix.Umask(0o077)
	unix.Umask(mask)
	return uint32(mask)
}

// parseMode reads a mode as chmod(1) takes it: octal, or clauses such as
// "u=rwX,go-w". The function it returns gives a file's new permission bits from
// the old ones.
func parseMode(text string, mask uint32) (func(old uint32, dir bool) uint32, error) {
	if n, err := strconv.ParseUint(text, 8, 13); err == nil && n <= 0o7777 {
		return func(old uint32, dir bool) uint32 {
			if dir && len(text) <= 4 { // a directory keeps them unless five digits are given
				return uint32(n) | old&(setuid|setgid)
			}
			return uint32(n)
		}, nil
	}
	var changes []change
	for clause := range strings.SplitSeq(text, ",") {
		i := 0
		for i < len(clause) && strings.IndexByte("ugoa", clause[i]) >= 0 {
			i++
		}
		who, rest := clause[:i], clause[i:]
		if rest == "" {
			return nil, fmt.Errorf("invalid mode %q", text)
		}
		for rest != "" {
			op := rest[0]
			n := 1
			for n < len(rest) && strings.IndexByte("+-=", rest[n]) < 0 {
				n++
			}
			perms := rest[1:n]
			rest = rest[n:]
			copied := len(perms) == 1 && strings.Contains("ugo", perms)
			if strings.IndexByte("+-=", op) < 0 || !copied && strings.Trim(perms, "rwxXst") != "" {
				return nil, fmt.Errorf("invalid mode %q", text)
			}
			changes = append(changes, change{who, op, perms, mask})
		}
	}
	return func(old uint32, dir bool) uint32 {
		for _, ch := range changes {
			old = ch.apply(old, dir)
		}
		return old
	}, nil
}

// change is one action of a symbolic mode.
type change struct {
	who   string // of "ugoa"; "" is all, less the umask
	op    byte
	perms string // of "rwxXst", or one of "ugo" to copy from
	mask  uint32
}

func (ch change) apply(old uint32, dir bool) uint32 {
	who := ch.who
	if who == "" || strings.Contains(who, "a") {
		who = "ugo"
	}
	var bits, reach uint32
	for _, w := range who {
		shift := map[rune]int{'u': 6, 'g': 3, 'o': 0}[w]
		special := map[rune]uint32{'u': setuid, 'g': setgid, 'o': sticky}[w]
		reach |= 7 << shift
		if !dir || w == 'o' { // "=" leaves a directory's setuid and setgid bits alone
			reach |= special
		}
		bits |= ch.permissions(old, dir) << shift
		if strings.Contains(ch.perms, "s") && w != 'o' {
			bits |= special
		}
	}
	if strings.Contains(ch.perms, "t") && (ch.who == "" || strings.ContainsAny(ch.who, "oa")) {
		bits |= sticky
	}
	if ch.who == "" {
		bits &^= ch.mask
	}
	switch ch.op {
	case '+':
		return old | bits
	case '-':
		return old &^ bits
	}
	if ch.who == "" {
		reach |= sticky
	}
	return old&^reach | bits
}

// permissions are the three bits of one class.
func (ch change) permissions(old uint32, dir bool) uint32 {
	var bits uint32
	for _, p := range ch.perms {
		switch p {
		case 'r':
			bits |= 4
		case 'w':
			bits |= 2
		case 'x':
			bits |= 1
		case 'X':
			if dir || old&0o111 != 0 {
				bits |= 1
			}
		case 'u':
			bits |= old >> 6 & 7
		case 'g':
			bits |= old >> 3 & 7
		case 'o':
			bits |= old & 7
		}
	}
	return bits
}

// modeBits are those of stat(2) that Go has elsewhere.
var modeBits = map[fs.FileMode]uint32{fs.ModeSetuid: setuid, fs.ModeSetgid: setgid, fs.ModeSticky: sticky}

// bits and fileMode convert between Go's permissions and those of stat(2).
func bits(m fs.FileMode) uint32 {
	b := uint32(m.Perm())
	for mode, bit := range modeBits {
		if m&mode != 0 {
			b |= bit
		}
	}
	return b
}

func fileMode(b uint32) fs.FileMode {
	m := fs.FileMode(b & 0o777)
	for mode, bit := range modeBits {
		if b&bit != 0 {
			m |= mode
		}
	}
	return m
}
