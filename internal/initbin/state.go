package initbin

import (
	"errors"
	"io/fs"
	"os"
)

// State says how a Program is found in the cache.
type State int

const (
	absent  State = iota // not there yet
	Intact               // the embedded bytes
	Changed              // something else, which Install replaces
)

// State looks at p.Path and changes nothing.
func (p Program) State() State {
	if _, err := os.Lstat(p.Path); errors.Is(err, fs.ErrNotExist) {
		return absent
	}
	if p.upToDate() {
		return Intact
	}
	return Changed
}
