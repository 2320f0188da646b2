//go:build !linux

package streams

import (
	"errors"
	"os"
)

// Ends need a command on this machine's kernel.
type Ends struct {
	Targets []byte
	Theirs  []int
	Outs    []*os.File
}

func NewEnds(bool, Streams) (*Ends, error) {
	return nil, errors.New("the container is on another kernel")
}
func (*Ends) CopyOutput(int) error { return nil }
func (*Ends) CopyInput(*os.File)   {}
func (*Ends) Holds() bool          { return false }
func (*Ends) CloseTheirs()         {}
func (*Ends) CloseOurs()           {}
